cimport cython
cimport aldis._endpoints_c as _endpoints
cimport aldis._primitives_c as _primitives

cdef bint DEBUG
cdef int NEVER_ASKED, ASK_AGAIN
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
    cdef _endpoints.Sender _last_sender
    cdef tuple _last_snapshot
    cdef _endpoints.Sender _any
    cdef unsigned long long _total
    cdef Py_ssize_t _changes
    cdef Py_ssize_t _unchecked
    @cython.locals(any_sender=_endpoints.Sender, receivers=dict, senders=dict, snapshots=dict)
    cdef int _setup(self) except -1
    cdef bint _knows_receivers(self) except -1
    @cython.locals(changes=Py_ssize_t, strong=Py_ssize_t, was_edited=bint, is_new=bint,
                   receiver_end=_endpoints.Receiver, sender_end=_endpoints.Sender, connection=_endpoints.Connection)
    cpdef _link(self, receiver, receiver_id, sender, sender_id, bint weak)
    cpdef _check_link(self, receiver, receiver_id, sender, sender_id, bint weak)
    cdef object _refer(self, _endpoints.Endpoint end, obj, id)
    @cython.locals(receiver=_endpoints.Receiver, sender=_endpoints.Sender, connection=_endpoints.Connection,
                   removed=list)
    cdef list _unlink(self, list connections, bint again=*)
    @cython.locals(end=_endpoints.Receiver, connection=_endpoints.Connection)
    cpdef _unlink_ids(self, receiver_id, sender_id)
    @cython.locals(end=_endpoints.Receiver)
    cpdef list _list_all(self)
    @cython.locals(end=_endpoints.Endpoint)
    cpdef _forget_dead(self)
    cdef bint _may_be_dying(self, _endpoints.Endpoint end) except -1
    cdef bint _is_own(self, _endpoints.Receiver receiver, value) except -1
    cdef int _invalidate(self, _endpoints.Sender sender) except -1
    @cython.locals(c=_endpoints.Connection, connections=list)
    cpdef list _list_references(self)
    cpdef _unlink_all(self)
    cpdef _set_observer(self, slot, made)
    cpdef _change_mutes(self, Py_ssize_t by)
    @cython.locals(connection=_endpoints.Connection, connections=list)
    cpdef _remove_dead(self, _endpoints.Endpoint end, reference)
    @cython.locals(end=_endpoints.Receiver, connection=_endpoints.Connection)
    cpdef _get_strong(self, receiver_id, sender_id)
    @cython.locals(end=_endpoints.Receiver, connection=_endpoints.Connection, removed=list)
    cpdef _set_strong(self, receiver_id, sender_id, strong)
    cpdef _note_edit(self)
    @cython.locals(end=_endpoints.Receiver)
    cpdef _adopt_receivers(self)
