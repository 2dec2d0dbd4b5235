# cython: language_level=3, auto_pickle=False, freethreading_compatible=True
# cython: binding=False, always_allow_keywords=True
"""Sending, compiled. ``_dispatch.py`` does the same in Python.

A send takes its arguments as they lie on the caller's stack and makes vectorcalls from there, without a dictionary of
keywords. It holds its snapshot, an immutable tuple of entries, until it ends. So nothing that it reads can go away.
"""

cimport cython
from cpython.object cimport PyObject

cimport aldis._endpoints_c as _endpoints
cimport aldis._primitives_c as _primitives
cimport aldis._snapshots_c as _snapshots

from types import MethodType
from weakref import ref

from aldis import _dispatch
from aldis._errors import needs_async_wrapper
from aldis._identity import ANY_ID
from aldis._references import MethodRef

cdef enum:
    MOST_KEYWORDS = 12  # that are copied to the stack: in a thread it may be small

include "_calls.pxi"


cdef PyObject *without(PyObject *names, Py_ssize_t left_out) noexcept:
    """Return a new tuple of the names without one."""
    cdef PyObject *others = PyTuple_New(PyTuple_GET_SIZE(names) - 1)
    cdef Py_ssize_t i
    if others != NULL:
        for i in range(PyTuple_GET_SIZE(others)):
            PyTuple_SET_ITEM(others, i, Py_NewRef(PyTuple_GET_ITEM(names, i + (i >= left_out))))
    return others


cdef PyObject *send_slowly(Dispatch self, PyObject *sender, PyObject *names, PyObject **values, bint collect) noexcept:
    """Send by way of ``receivers_for``, or with more keywords than usual."""
    cdef Py_ssize_t i
    try:
        keywords = {}
        if names != NULL:
            for i in range(PyTuple_GET_SIZE(names)):
                keywords[<object>PyTuple_GET_ITEM(names, i)] = <object>values[i]
        wrapper = keywords.pop("_async_wrapper", None)
        results = self._send_slowly(<object>sender, wrapper, keywords)
        return Py_NewRef(<PyObject *>results if collect else Py_None)
    except BaseException as error:
        set_error(error)
        return NULL


cdef PyObject *send_to(
    Dispatch self, PyObject *snapshot, PyObject *sender, PyObject *names, PyObject **values, bint collect
) noexcept:
    """Copy the arguments, leave ``_async_wrapper`` out, and call the receivers."""
    cdef PyObject *stack[MOST_KEYWORDS + 3]
    cdef PyObject *wrapper = NULL
    cdef PyObject *others = NULL
    cdef PyObject *results
    cdef Py_ssize_t count
    cdef Py_ssize_t left_out
    cdef Py_ssize_t i
    stack[2] = sender
    if names != NULL:
        count = PyTuple_GET_SIZE(names)
        left_out = find_name(names, <PyObject *>self.wrapper_name)
        if count - (left_out >= 0) > MOST_KEYWORDS:
            return send_slowly(self, sender, names, values, collect)
        if left_out >= 0:
            count -= 1
            wrapper = values[left_out] if values[left_out] != Py_None else NULL
            others = without(names, left_out) if count else NULL
            if count and others == NULL:
                return NULL
            names = others
        else:
            left_out = count
        for i in range(count):
            stack[3 + i] = values[i + (i >= left_out)]
    results = call_all(self, snapshot, stack, names, wrapper, collect)
    Py_XDECREF(others)
    return results


cdef inline PyObject *nothing(bint collect) noexcept:
    return PyList_New(0) if collect else Py_NewRef(Py_None)


cdef inline PyObject *send(
    Dispatch self, PyObject **arguments, Py_ssize_t count, PyObject *names, bint collect
) noexcept:
    cdef PyObject *sender = arguments[1] if count == 2 else Py_None
    cdef PyObject *snapshot
    cdef PyObject *results
    cdef int state = is_true(FIELD(arguments[0], muted_offset))
    if state:
        return NULL if state < 0 else nothing(collect)
    state = self.is_plain()
    if state <= 0:
        return NULL if state < 0 else send_slowly(self, sender, names, arguments + count, collect)
    snapshot = self.snapshot_for(sender)
    if snapshot == NULL:
        return NULL
    if PyTuple_GET_SIZE(snapshot):
        results = send_to(self, snapshot, sender, names, arguments + count, collect)
    else:
        results = nothing(collect)
    Py_DECREF(snapshot)
    return results


# The compiled methods of signals


cdef inline bint accepts(PyObject *method, PyObject **arguments, Py_ssize_t count) noexcept:
    """Return whether the positional arguments are a signal, and at most a sender. If not, set an exception."""
    if <size_t>(count - 1) <= 1 and is_instance(arguments[0], <PyObject *>(<Method>method).owner):
        return True
    set_error(TypeError("send() and emit() take a signal, and at most one other positional argument: the sender"))
    return False


cdef PyObject *send_vectorcall(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
    cdef Py_ssize_t count = PyVectorcall_NARGS(flags)
    return send(<Dispatch>arguments[0], arguments, count, names, True) if accepts(method, arguments, count) else NULL


cdef PyObject *emit_vectorcall(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
    cdef Py_ssize_t count = PyVectorcall_NARGS(flags)
    return send(<Dispatch>arguments[0], arguments, count, names, False) if accepts(method, arguments, count) else NULL


cdef PyObject *forward_vectorcall(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
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
        return self if instance is None else MethodType(self, instance)

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


def complete(signal_type):
    """Give the class of signals its compiled methods, and learn where its slots are."""
    global receivers_offset, muted_offset
    receivers_offset = slot_offset(<PyObject *>signal_type.receivers)
    muted_offset = slot_offset(<PyObject *>signal_type.is_muted)
    add_method(signal_type, "send", <void *>send_vectorcall)
    add_method(signal_type, "emit", <void *>emit_vectorcall)
    add_method(signal_type, "connect", <void *>forward_vectorcall)
    add_method(signal_type, "disconnect", <void *>forward_vectorcall)


_default_receivers_for = None  # while a send may bypass receivers_for: the one of Signal


def set_bypass(signal_type, allowed):
    """Let sends call receivers directly, or make each go through ``receivers_for`` for now."""
    global _default_receivers_for
    _default_receivers_for = signal_type.receivers_for if allowed else None
    PyType_Modified(<Type *><PyObject *>signal_type)  # so that each signal asks again


cdef inline int is_true(PyObject *value) noexcept:
    return 0 if value == Py_False or value == NULL else PyObject_IsTrue(value)


@cython.no_gc_clear
cdef class Dispatch(_snapshots.Snapshots):
    """A connection table that can send."""

    cdef str wrapper_name  # a constant, nearer than that of the module
    cdef unsigned int plain_version  # of the type, when a send was last allowed to bypass receivers_for
    cdef object attributes  # the instance's dictionary: the last field

    def __cinit__(self, *args, **kwargs):
        Py_CLEAR(FIELD(<PyObject *>self, dict_offset))
        if EAGER_DICT:
            PyObject_GenericGetDict(self, NULL)
        self.wrapper_name = "_async_wrapper"
        self._setup()

    @property
    def __dict__(self):
        return PyObject_GenericGetDict(self, NULL)

    @__dict__.setter
    def __dict__(self, attributes):
        own = PyObject_GenericGetDict(self, NULL)  # it stays the same one: a send in another thread may look at it
        attributes = dict(attributes)
        own.clear()
        own.update(attributes)

    @cython.final
    cdef inline int is_plain(self) noexcept:
        """Return whether a send may bypass ``receivers_for``; -1 for an error."""
        cdef unsigned int version = type_version(Py_TYPE(<PyObject *>self))
        cdef PyObject *attributes = FIELD(<PyObject *>self, dict_offset)
        if version != 0 and version == self.plain_version and (
            attributes == NULL or PyDict_GET_SIZE(attributes) == 0
        ):
            return True
        return self.look_if_plain(version)

    @cython.final
    cdef int look_if_plain(self, unsigned int version) noexcept:
        cdef PyObject *attributes = FIELD(<PyObject *>self, dict_offset)
        try:
            if attributes != NULL and "receivers_for" in <dict>attributes:
                return False
            if version == 0 or version != self.plain_version:
                if type(self).receivers_for is not _default_receivers_for:
                    return False
                # Looking up attributes gives a type its version. It may be there only next time.
                self.plain_version = version if version == type_version(Py_TYPE(<PyObject *>self)) else 0
            return True
        except BaseException as error:
            return set_error(error)

    @cython.final
    cdef inline PyObject *snapshot_for(self, PyObject *sender) noexcept:
        """Return a new reference to what a send by ``sender`` calls, or NULL for an error."""
        if FIELD(<PyObject *>self, receivers_offset) != <PyObject *>self._public:
            return self.looked_up_snapshot(sender)
        if not FREE_THREADED:
            if self._shared is not None:
                return Py_NewRef(<PyObject *>self._shared)
            if self._last_sender is not None and referred(<PyObject *>self._last_sender.reference) == sender:
                return Py_NewRef(<PyObject *>self._last_snapshot)
        return self.cached_snapshot(sender)

    @cython.final
    cdef PyObject *cached_snapshot(self, PyObject *sender) noexcept:
        """Do the same with a look into the dictionaries. This needs no lock without the GIL either."""
        try:
            key = ANY_ID
            end = None
            if PyDict_GET_SIZE(<PyObject *>self._senders):
                key = _endpoints.make_id(<object>sender)
                end = _primitives.get(self._senders, key)
                if end is None:
                    key = ANY_ID
            snapshot = _primitives.get(self._snapshots, key)
            if snapshot is None:
                return self.looked_up_snapshot(sender)
            if not FREE_THREADED and end is not None and type((<_endpoints.Endpoint>end).reference) is ref:
                self._last_sender = end
                self._last_snapshot = snapshot
            return Py_NewRef(<PyObject *>snapshot)
        except BaseException as error:
            set_error(error)
            return NULL

    @cython.final
    cdef PyObject *looked_up_snapshot(self, PyObject *sender) noexcept:
        try:
            snapshot = self._snapshot_for(<object>sender)
            return Py_NewRef(<PyObject *>snapshot)
        except BaseException as error:
            set_error(error)
            return NULL

    cpdef bint _finds_receivers(self, sender) except -1:
        if not self._edited and FIELD(<PyObject *>self, receivers_offset) == <PyObject *>self._public:
            if PyDict_GET_SIZE(<PyObject *>self._any.many):
                return True
        return _snapshots.Snapshots._finds_receivers(self, sender)

    cpdef bint _is_plain(self) except -1:
        return self.is_plain()

    def _live(self, sender):
        """Yield the receivers of the snapshot that are alive and connected when their turn comes."""
        cdef Entry entry
        for entry in self._snapshot_for(sender):
            receiver = entry.receiver()
            if receiver is None:
                if entry.connection.connected:
                    self._forget(entry.connection.receiver)
            elif entry.connection.connected or self._is_connected(entry.connection.receiver, sender):
                yield receiver, entry.coroutine

    cdef object _make_entry(self, _endpoints.Connection connection, target, bint weak, bint coroutine):
        cdef Entry entry = Entry.__new__(Entry)
        entry.connection = connection
        entry.coroutine = coroutine
        entry.target = target
        entry.kind = WEAK if type(target) is ref else CUSTOM
        if not weak:
            entry.kind = STRONG
        elif type(target) is MethodRef:
            entry.kind = METHOD
            entry.function = target.function
        return entry


cdef int set_up_types() except -1:
    """Do what Cython's classes cannot: an instance dictionary that is made on demand, and a vectorcall."""
    global dict_offset
    cdef Type *type = <Type *><PyObject *>Dispatch
    dict_offset = type.tp_basicsize - <Py_ssize_t>sizeof(PyObject *)
    type.tp_dictoffset = dict_offset
    PyType_Modified(type)
    type = <Type *><PyObject *>Method
    type.tp_vectorcall_offset = type.tp_basicsize - <Py_ssize_t>sizeof(PyObject *)
    type.tp_call = PyVectorcall_Call
    # The interpreter looks up a method fastest if the type of the method never changes.
    type.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_IMMUTABLETYPE
    return 0


set_up_types()
