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
    static inline PyObject *
    aldis_get(PyObject *dict, PyObject *key)
    {
        PyObject *value = NULL;
    #if PY_VERSION_HEX >= 0x030D0000
        if (PyDict_GetItemRef(dict, key, &value) < 0) return NULL;
    #else
        value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
        if (value == NULL && PyErr_Occurred()) return NULL;
    #endif
        return value != NULL ? value : Py_NewRef(Py_None);
    }
    static inline PyObject *
    aldis_pop(PyObject *dict, PyObject *key, PyObject *none)
    {
    #if PY_VERSION_HEX >= 0x030D0000
        PyObject *value;
        if (PyDict_Pop(dict, key, &value) < 0) return NULL;
        return value != NULL ? value : Py_NewRef(none);
    #else
        PyObject *value = aldis_get(dict, key);
        if (value != NULL && value != none && PyDict_DelItem(dict, key) < 0) Py_CLEAR(value);
        return value;
    #endif
    }
    /* Bound methods and builtins, among others, have static types. */
    #define aldis_is_special(object) \
        (!PyFunction_Check(object) && (!PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE) \
         || PyUnicode_Check(object) || PyLong_Check(object)))
    #define aldis_address(object) PyLong_FromVoidPtr(object)
    """
    object address "aldis_address"(object)
    object get "aldis_get"(object, object)
    object make_weakref "PyWeakref_NewRef"(object, object)
    int put "PyDict_SetItem"(object, object, object) except -1
    object pop "aldis_pop"(object, object, object)
    bint is_dead "aldis_is_dead"(object)
    bint is_special "aldis_is_special"(object)
