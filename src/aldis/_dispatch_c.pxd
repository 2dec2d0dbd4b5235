"""What the compiled dispatch uses of Python's C API and of ``_dispatch.h``."""

from cpython.object cimport PyObject

cdef extern from "_dispatch.h":
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject **, size_t, PyObject *) noexcept
    ctypedef struct Type "PyTypeObject":
        Py_ssize_t tp_basicsize
        Py_ssize_t tp_dictoffset
        Py_ssize_t tp_vectorcall_offset
        unsigned long tp_flags
        void *tp_call
    PyObject *Py_None
    PyObject *Py_False
    unsigned long Py_TPFLAGS_HAVE_VECTORCALL
    unsigned long Py_TPFLAGS_METHOD_DESCRIPTOR
    unsigned long Py_TPFLAGS_IMMUTABLETYPE
    Py_ssize_t PyVectorcall_NARGS(size_t)
    void *PyVectorcall_Call
    Type *Py_TYPE(PyObject *)
    bint is_instance(PyObject *, PyObject *)
    void PyType_Modified(Type *)
    void Py_DECREF(PyObject *)
    void Py_XDECREF(PyObject *)
    void Py_CLEAR(PyObject *)
    PyObject *Py_NewRef(PyObject *)
    int PyObject_IsTrue(PyObject *)
    PyObject *PyObject_Vectorcall(PyObject *, PyObject **, size_t, PyObject *) noexcept
    PyObject *PyObject_CallOneArg(PyObject *, PyObject *) noexcept
    PyObject *PyObject_CallNoArgs(PyObject *) noexcept
    PyObject *PyMethod_New(PyObject *, PyObject *) noexcept
    PyObject *PyTuple_GET_ITEM(PyObject *, Py_ssize_t)
    Py_ssize_t PyTuple_GET_SIZE(PyObject *)
    PyObject *PyTuple_New(Py_ssize_t) noexcept
    void PyTuple_SET_ITEM(PyObject *, Py_ssize_t, PyObject *)
    PyObject *PyList_New(Py_ssize_t) noexcept
    void PyList_SET_ITEM(PyObject *, Py_ssize_t, PyObject *)
    void Py_SET_SIZE(PyObject *, Py_ssize_t)
    PyObject *PyErr_Occurred()
    Py_ssize_t PyDict_GET_SIZE(PyObject *)
    object PyObject_GenericGetDict(object, void *)
    void PyErr_SetObject(object, object)
    bint FREE_THREADED
    bint EAGER_DICT
    Py_ssize_t dict_offset, receivers_offset, muted_offset
    PyObject *FIELD(PyObject *, Py_ssize_t)
    Py_ssize_t slot_offset(PyObject *)
    PyObject *referent(PyObject *)
    PyObject *referred(PyObject *)
    PyObject *call_receiver(PyObject *, PyObject **, size_t, PyObject *) noexcept
    PyObject *make_pair(PyObject *, PyObject *) noexcept
    Py_ssize_t find_name(PyObject *, PyObject *)
    unsigned int type_version(Type *)
