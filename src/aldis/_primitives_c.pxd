cdef extern from "Python.h":
    """
    static inline int
    aldis_is_dead(PyObject *reference)
    {
    #ifdef Py_GIL_DISABLED
        PyObject *object = NULL;
        if (PyWeakref_GetRef(reference, &object) < 0) PyErr_Clear();
        Py_XDECREF(object);
        return object == NULL;
    #else
        PyObject *object = ((PyWeakReference *)reference)->wr_object;
        return object == Py_None || Py_REFCNT(object) == 0; /* 0: it is being deallocated */
    #endif
    }
    #define aldis_address(object) PyLong_FromVoidPtr(object)
    """
    object address "aldis_address"(object)
    int put "PyDict_SetItem"(object, object, object) except -1
    int delete "PyDict_DelItem"(object, object) except -1
    bint is_dead "aldis_is_dead"(object)
    bint is_str "PyUnicode_Check"(object)
    bint is_int "PyLong_Check"(object)
    bint is_builtin_method "PyCFunction_Check"(object)
