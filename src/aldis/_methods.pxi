"""The compiled methods of signals. Included in ``_dispatch_c.pyx``."""

cdef PyObject *send_vectorcall(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
    return send(method, arguments, flags, names, True)


cdef PyObject *emit_vectorcall(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
    return send(method, arguments, flags, names, False)


cdef PyObject *has_vectorcall(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
    """Call ``has_receivers_for``. Most calls need no more than a look at the sizes of two dictionaries."""
    cdef Dispatch self
    if names == NULL and PyVectorcall_NARGS(flags) == 2 and is_instance(
        arguments[0], <PyObject *>(<Method>method).owner
    ):
        self = <Dispatch>arguments[0]
        if not self._edited and FIELD(arguments[0], receivers_offset) == <PyObject *>self._public:
            if PyDict_GET_SIZE(<PyObject *>self._any.many):
                return Py_NewRef(Py_True)
            if PyDict_GET_SIZE(<PyObject *>self._senders) == 0:
                return Py_NewRef(Py_False)
    return forward(method, arguments, flags, names)


cdef PyObject *forward(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
    return PyObject_Vectorcall(<PyObject *>(<Method>method).target, arguments, flags, names)


@cython.final
cdef class Method:
    """A compiled method of signals, which shows the attributes of the same function of the pure core.

    So it has a signature, annotations and a docstring, and ``unittest.mock`` takes it for a function.
    """

    cdef object __weakref__
    cdef object owner  # the class of its instances
    cdef object target  # the method to which it forwards, if it does
    cdef object function  # of the pure core
    cdef vectorcallfunc vectorcall  # the last field

    def __get__(self, instance, owner):
        cdef PyObject *bound
        if instance is None:
            return self
        bound = PyMethod_New(<PyObject *>self, <PyObject *>instance)
        if bound == NULL:
            raise MemoryError
        method = <object>bound
        Py_DECREF(bound)
        return method

    def __getattribute__(self, name):
        return getattr(self.function, name)

    def __repr__(self):
        return f"<compiled method {self.function.__qualname__}>"


cdef int add_method(signal_type, str name, void *vectorcall) except -1:
    cdef Method method = Method.__new__(Method)
    method.owner = Dispatch
    method.function = getattr(_dispatch.Dispatch, name)
    method.target = getattr(Dispatch, name, None)
    method.vectorcall = <vectorcallfunc>vectorcall
    setattr(signal_type, name, method)
    return 0
