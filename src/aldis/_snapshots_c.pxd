cimport cython
cimport aldis._endpoints_c as _endpoints
cimport aldis._primitives_c as _primitives
cimport aldis._table_c as _table

cdef bint UNINTERRUPTED
cdef bint ENDPOINTS_ARE_SAFE

cdef class Snapshots(_table.Table):
    cdef object _make_entry(self, _endpoints.Connection connection, target, bint weak, bint coroutine)
    @cython.locals(end=_endpoints.Endpoint, snapshot=tuple)
    cpdef tuple _snapshot_for(self, sender)
    @cython.locals(found=list, connection=_endpoints.Connection, receiver=_endpoints.Endpoint, snapshot=tuple,
                   weak=bint, is_own=bint)
    cdef tuple _make_snapshot(self, sender_id)
    @cython.locals(end=_endpoints.Endpoint, connection=_endpoints.Connection, receiver=_endpoints.Endpoint,
                   connections=list, is_own=bint, changes=Py_ssize_t)
    cpdef tuple _collect(self, sender_id)
    cdef list _arrange(self, list entries)
    cpdef _keep_snapshot(self, sender_id, tuple snapshot, Py_ssize_t changes)
    cpdef _forget(self, _endpoints.Endpoint end)
    cpdef bint _is_connected(self, _endpoints.Endpoint receiver, sender) except -1
    cpdef bint _finds_receivers(self, sender) except -1
    @cython.locals(connection=_endpoints.Connection)
    cpdef list _connections(self)
    @cython.locals(c=_endpoints.Connection, end=_endpoints.Endpoint)
    cpdef list _list_references(self)
