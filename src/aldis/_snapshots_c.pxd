cimport cython
cimport aldis._connecting_c as _connecting
cimport aldis._endpoints_c as _endpoints
cimport aldis._primitives_c as _primitives

cdef bint UNINTERRUPTED
cdef bint ENDPOINTS_ARE_SAFE

cdef class Snapshots(_connecting.Connecting):
    cdef object _make_entry(self, _endpoints.Connection connection, target, bint weak, bint coroutine)
    @cython.locals(end=_endpoints.Sender, snapshot=tuple)
    cpdef tuple _snapshot_for(self, sender)
    @cython.locals(connection=_endpoints.Connection, receiver=_endpoints.Receiver, snapshot=tuple, weak=bint,
                   coroutine=bint)
    cdef tuple _make_snapshot(self, sender_id)
    @cython.locals(end=_endpoints.Sender, connection=_endpoints.Connection, receiver=_endpoints.Receiver,
                   connections=list, targets=list)
    cpdef tuple _collect(self, sender_id)
    cdef list _arrange(self, list entries)
    @cython.locals(receiver=_endpoints.Receiver, connections=list)
    cpdef _keep_snapshot(self, sender_id, tuple snapshot, Py_ssize_t changes, list dead)
    cpdef _check_dead(self)
    cpdef bint _is_connected(self, _endpoints.Receiver receiver, sender) except -1
    @cython.locals(end=_endpoints.Sender)
    cpdef bint _has_connection(self, _endpoints.Receiver receiver, sender_id) except -1
