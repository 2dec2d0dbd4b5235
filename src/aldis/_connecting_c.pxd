cimport cython
cimport aldis._endpoints_c as _endpoints
cimport aldis._primitives_c as _primitives
cimport aldis._table_c as _table

cdef bint UNINTERRUPTED
cdef bint DEBUG

cdef class Connecting(_table.Table):
    @cython.locals(connection=_endpoints.Connection)
    cpdef list _connections(self)
