/* What keeps a signal's table whole among threads: see DESIGN.md.

   With the GIL, it is the GIL, and all of this comes to nothing. Without it, changes are made under a mutex; a reader,
   who must not wait, announces itself for the few instructions in which it finds a plan and takes a reference to it;
   and who has unlinked something waits for the readers of that moment before letting go of it. No Python code runs
   inside a change or a reading, so both are short, and neither can meet itself. */
#ifndef ALDIS_GUARD_H
#define ALDIS_GUARD_H

#include <Python.h>

#ifdef Py_GIL_DISABLED

#ifdef _WIN32
#include <windows.h>
#define aldis_yield() SwitchToThread()
#define guard_at_forks()
#else
#include <pthread.h>
#include <sched.h>
#define aldis_yield() sched_yield()
#define guard_at_forks() pthread_atfork(NULL, NULL, guard_forked)
#endif

typedef struct {
    PyMutex mutex;
    Py_ssize_t epoch;
    Py_ssize_t readers[2]; /* in even and in odd epochs */
    Py_ssize_t forks; /* when the mutex was last found good */
} Guard;

static Py_ssize_t guard_forks; /* that this process has come out of, as the child */
static PyMutex guard_renewal;

static inline void
guard_forked(void)
{
    guard_forks++;
    guard_renewal = (PyMutex){0};
}

static inline void
guard_lock(Guard *guard)
{
    if (Py_IsFinalizing()) { /* only this thread still runs, and one that was stopped for good may have the mutex */
        guard->mutex = (PyMutex){0};
        guard->forks = guard_forks;
    }
    else if (_Py_atomic_load_ssize(&guard->forks) != guard_forks) { /* it may be that of a thread the fork left behind */
        PyMutex_Lock(&guard_renewal);
        if (guard->forks != guard_forks) {
            guard->mutex = (PyMutex){0};
            _Py_atomic_store_ssize(&guard->forks, guard_forks);
        }
        PyMutex_Unlock(&guard_renewal);
    }
    PyMutex_Lock(&guard->mutex);
}

static inline void guard_unlock(Guard *guard) { PyMutex_Unlock(&guard->mutex); }

static inline int
guard_enter(Guard *guard)
{
    for (;;) {
        Py_ssize_t epoch = _Py_atomic_load_ssize(&guard->epoch);
        _Py_atomic_add_ssize(&guard->readers[epoch & 1], 1);
        if (_Py_atomic_load_ssize(&guard->epoch) == epoch) return epoch & 1;
        _Py_atomic_add_ssize(&guard->readers[epoch & 1], -1); /* too late for this epoch */
    }
}

static inline void guard_leave(Guard *guard, int side) { _Py_atomic_add_ssize(&guard->readers[side], -1); }

/* Wait until no reader is left that can still see what was unlinked before. The caller holds the mutex. */
static inline void
guard_wait(Guard *guard)
{
    Py_ssize_t epoch = _Py_atomic_load_ssize(&guard->epoch);
    _Py_atomic_store_ssize(&guard->epoch, epoch + 1);
    while (_Py_atomic_load_ssize(&guard->readers[epoch & 1])) aldis_yield();
}

#define guard_load(pointer) _Py_atomic_load_ptr_acquire((void *)(pointer))
#define guard_store(pointer, value) _Py_atomic_store_ptr_release((void *)(pointer), (void *)(value))
#define guard_count(counter) _Py_atomic_load_ssize(counter)
#define guard_set_count(counter, value) _Py_atomic_store_ssize(counter, value)

#else

typedef struct { char none; } Guard;

#define guard_at_forks()
#define guard_lock(guard) ((void)(guard))
#define guard_unlock(guard) ((void)(guard))
#define guard_enter(guard) ((void)(guard), 0)
#define guard_leave(guard, side) ((void)(guard), (void)(side))
#define guard_wait(guard) ((void)(guard))
#define guard_load(pointer) ((void *)*(void **)(pointer))
#define guard_store(pointer, value) (*(void **)(pointer) = (void *)(value))
#define guard_count(counter) (*(counter))
#define guard_set_count(counter, value) (*(counter) = (value))

#endif

/* A new reference to what a weak reference refers to, or NULL when that is dead. */
static inline PyObject *
referent(PyObject *reference)
{
#ifdef Py_GIL_DISABLED
    PyObject *object;
    if (PyWeakref_GetRef(reference, &object) < 0) PyErr_Clear();
    return object;
#else
    PyObject *object = ((PyWeakReference *)reference)->wr_object;
    if (object == Py_None || Py_REFCNT(object) == 0) return NULL; /* 0: it is being deallocated */
    return Py_NewRef(object);
#endif
}

/* Whether a weak reference has yet to tell of the death of its object, which has begun. Before 3.12 CPython may run the
   collector at that moment, between counting the callbacks and holding on to what they belong to: a weak reference
   that is let go by then is used after it is freed. */
#define CALLS_BACK_LATE (PY_VERSION_HEX < 0x030C0000)

static inline int
awaits_call(PyObject *reference)
{
    PyObject *object = ((PyWeakReference *)reference)->wr_object;
    return object != Py_None && Py_REFCNT(object) == 0;
}

/* What a weak reference refers to, only to be compared with. */
static inline PyObject *
referred(PyObject *reference)
{
    return (PyObject *)guard_load(&((PyWeakReference *)reference)->wr_object);
}

/* A new reference to a dictionary's value, or NULL where it has none or is not to be had. */
static inline PyObject *
dict_value(PyObject *dict, PyObject *key)
{
    PyObject *value;
#if PY_VERSION_HEX >= 0x030D0000
    if (PyDict_GetItemRef(dict, key, &value) < 0) PyErr_Clear();
    return value;
#else
    value = PyDict_GetItemWithError(dict, key);
    if (!value) PyErr_Clear();
    return Py_XNewRef(value);
#endif
}

/* The version of a type's attributes, including those of its bases; 0 when it is not known. */
static inline unsigned int
type_version(PyTypeObject *type)
{
#if PY_VERSION_HEX < 0x030C0000
    if (!PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG)) return 0;
#endif
    return type->tp_version_tag;
}

#endif
