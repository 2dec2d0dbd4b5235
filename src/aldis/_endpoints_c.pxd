cimport cython
cimport aldis._primitives_c as _primitives

cdef class Receiver
cdef class Sender
cdef class Connection

cdef bint UNINTERRUPTED
cdef bint DEBUG

cdef object make_id(object obj)
cdef object make_receiver_id(object obj)

cdef class Endpoint:
    cdef object id
    cdef object table
    cdef object reference
    cdef bint weak
    cdef Connection only
    cdef dict many
    cdef object other(self, Connection connection)
    @cython.locals(only=Connection)
    cdef Connection get(self, object id)
    cdef list all(self)
    @cython.locals(many=dict, only=Connection)
    cdef int make_room(self) except -1
    cdef bint is_dead(self) except -1

@cython.final
cdef class Receiver(Endpoint):
    cdef Py_ssize_t strong
    cdef signed char coroutine

@cython.final
cdef class Sender(Endpoint):
    pass

@cython.final
cdef class Connection:
    cdef Receiver receiver
    cdef Sender sender
    cdef readonly unsigned long long order
    cdef bint strong
    cdef bint connected
    cdef object where
