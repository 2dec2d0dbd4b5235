/* What the compiled dispatch needs of C. */
#ifndef ALDIS_DISPATCH_H
#define ALDIS_DISPATCH_H

#include <Python.h>
#include <structmember.h>

#ifdef Py_GIL_DISABLED
#define FREE_THREADED 1
#else
#define FREE_THREADED 0
#endif

/* CPython 3.12 and later look up methods fastest while an instance has no dictionary. On 3.11, two threads that make
   the dictionary at once would each get another. */
#define EAGER_DICT (PY_VERSION_HEX < 0x030C0000)

/* Where an instance has its dictionary, and where the slots of the class Signal are. The same in all interpreters. */
static Py_ssize_t dict_offset, receivers_offset, muted_offset;
#define FIELD(object, offset) (*(PyObject **)((char *)(object) + (offset)))

static inline Py_ssize_t
slot_offset(PyObject *descriptor)
{
    return ((PyMemberDescrObject *)descriptor)->d_member->offset;
}

/* Whether an object is an instance of a class. Most signals are instances of its subclass, or of that one's. */
static inline int
is_instance(PyObject *object, PyObject *type)
{
    PyTypeObject *base = Py_TYPE(object)->tp_base;
    if (base == NULL) return 0;
    return (PyObject *)base == type || (PyObject *)base->tp_base == type
           || PyType_IsSubtype(Py_TYPE(object), (PyTypeObject *)type);
}

/* A new reference to the object of a weak reference, or NULL if it is dead. */
static inline PyObject *
referent(PyObject *reference)
{
#if FREE_THREADED
    PyObject *object;
    if (PyWeakref_GetRef(reference, &object) < 0) PyErr_Clear();
    return object;
#else
    PyObject *object = ((PyWeakReference *)reference)->wr_object;
    if (object == Py_None || Py_REFCNT(object) == 0) return NULL; /* 0: it is being deallocated */
    return Py_NewRef(object);
#endif
}

/* The address of that object, to be compared only. With the GIL. */
#define referred(reference) (((PyWeakReference *)(reference))->wr_object)

/* CPython 3.12 and 3.13 count calls of C code and do not look at the size of the stack. In a thread, the stack may be
   too small for so many sends as for other calls, so that a send counts as ten. */
#if PY_VERSION_HEX >= 0x030C0000 && PY_VERSION_HEX < 0x030E0000
#define COUNT_CALLS(number) (PyThreadState_Get()->c_recursion_remaining -= (number))
#else
#define COUNT_CALLS(number)
#endif

/* Call a receiver. One place before the arguments, and for methods a second one, is free to be used. */
static inline PyObject *
call_receiver(PyObject *called, PyObject **arguments, size_t count, PyObject *names)
{
    PyObject *result;
    if (PyMethod_Check(called)) {
        *--arguments = PyMethod_GET_SELF(called);
        count++;
        called = PyMethod_GET_FUNCTION(called);
    }
    count |= PY_VECTORCALL_ARGUMENTS_OFFSET;
    if (PyFunction_Check(called)) return ((PyFunctionObject *)called)->vectorcall(called, arguments, count, names);
    if (Py_EnterRecursiveCall(" while a signal is sent")) return NULL; /* signals may send one another for ever */
    COUNT_CALLS(9);
    result = PyObject_Vectorcall(called, arguments, count, names);
    COUNT_CALLS(-9);
    Py_LeaveRecursiveCall();
    return result;
}

/* The pair of the two, whose references it takes over. */
static inline PyObject *
make_pair(PyObject *receiver, PyObject *result)
{
    PyObject *pair = receiver == NULL ? NULL : PyTuple_New(2);
    if (pair == NULL) {
        Py_XDECREF(receiver);
        Py_DECREF(result);
        return NULL;
    }
    PyTuple_SET_ITEM(pair, 0, receiver);
    PyTuple_SET_ITEM(pair, 1, result);
    return pair;
}

/* The place of a name among those of the keywords, or -1. */
static inline Py_ssize_t
find_name(PyObject *names, PyObject *wanted)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        if (name == wanted || (!PyUnicode_CHECK_INTERNED(name) && PyUnicode_Compare(name, wanted) == 0)) return i;
    }
    return -1;
}

/* The version of a type's attributes, including those of its bases; 0 when it has none. */
static inline unsigned int
type_version(PyTypeObject *type)
{
#if PY_VERSION_HEX < 0x030C0000
    if (!PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG)) return 0;
#endif
    return type->tp_version_tag;
}

#endif
