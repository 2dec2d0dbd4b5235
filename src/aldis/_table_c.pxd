cimport cython
cimport aldis._endpoints_c as _endpoints
cimport aldis._primitives_c as _primitives

cdef bint UNINTERRUPTED
cdef bint DEBUG
cdef bint FREES_WEAKREFS_EARLY

cdef class Table:
    cdef object _public
    cdef public object _on_connect
    cdef public object _on_disconnect
    cdef object _muted_before
    cdef Py_ssize_t _mutes
    cdef bint _edited
    cdef dict _receivers
    cdef dict _senders
    cdef dict _snapshots
    cdef tuple _shared
    cdef _endpoints.Endpoint _last_sender
    cdef tuple _last_snapshot
    cdef _endpoints.Endpoint _any
    cdef unsigned long long _total
    cdef Py_ssize_t _changes
    @cython.locals(any_end=_endpoints.Endpoint)
    cdef int _setup(self) except -1
    @cython.locals(changes=Py_ssize_t, strong=int, receiver_end=_endpoints.Endpoint, sender_end=_endpoints.Endpoint,
                   connection=_endpoints.Connection)
    cpdef _link(self, receiver, receiver_id, sender, sender_id, bint weak)
    cpdef _check_link(self, receiver, receiver_id, sender, sender_id, bint weak)
    @cython.locals(receiver=_endpoints.Endpoint, sender=_endpoints.Endpoint, connection=_endpoints.Connection,
                   removed=list)
    cdef list _unlink(self, list connections, bint again=*)
    @cython.locals(receiver=_endpoints.Endpoint, is_own=bint)
    cdef int _set_strong(self, _endpoints.Connection connection, bint strong, list removed) except -1
    cdef int _release(self, _endpoints.Endpoint end, list removed) except -1
    @cython.locals(end=_endpoints.Endpoint)
    cpdef _unlink_ids(self, receiver_id, sender_id)
    @cython.locals(end=_endpoints.Endpoint)
    cpdef _unlink_all(self)
    @cython.locals(connection=_endpoints.Connection, connections=list)
    cpdef _remove_dead(self, _endpoints.Endpoint end, reference)
    @cython.locals(end=_endpoints.Endpoint, connection=_endpoints.Connection, removed=list)
    cpdef _restore(self, receiver_id, sender_id, strong)
    @cython.locals(end=_endpoints.Endpoint, connection=_endpoints.Connection)
    cpdef _get_strong(self, receiver_id, sender_id)
    cpdef _set_observer(self, slot, made)
    cpdef _change_mutes(self, Py_ssize_t by)
    cdef bint _is_own(self, _endpoints.Endpoint receiver, value) except -1
    cpdef _note_edit(self)
    @cython.locals(end=_endpoints.Endpoint)
    cpdef _adopt_receivers(self)
    cdef int _invalidate(self, _endpoints.Endpoint sender) except -1
