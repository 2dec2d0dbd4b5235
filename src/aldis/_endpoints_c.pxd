cimport cython
cimport aldis._primitives_c as _primitives

cdef class Endpoint
cdef class Connection

cdef bint UNINTERRUPTED
cdef bint DEBUG

cdef object make_id(object obj)
cdef object make_receiver_id(object obj)

@cython.final
cdef class Endpoint:
    cdef object id
    cdef object table
    cdef object reference
    cdef Connection only
    cdef dict many
    cdef bint weak
    cdef int strong
    cdef bint heard
    @cython.locals(only=Connection)
    cdef Connection get(self, object id)
    @cython.locals(only=Connection)
    cdef list all(self)
    @cython.locals(many=dict, only=Connection)
    cdef int make_room(self) except -1
    cdef bint is_dead(self) except -1

@cython.final
cdef class Connection:
    cdef Endpoint receiver
    cdef Endpoint sender
    cdef readonly unsigned long long order
    cdef bint strong
    cdef bint connected
    cdef object where

@cython.locals(end=Endpoint)
cdef Endpoint make_endpoint(object table, object obj, object id)
