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

from weakref import ref

from aldis import _dispatch
from aldis._errors import needs_async_wrapper
from aldis._identity import ANY_ID, MethodRef

cdef enum:
    MOST_KEYWORDS = 12  # that are copied to the stack: in a thread it may be small

include "_calls.pxi"


cdef PyObject *without(Dispatch self, PyObject *names, Py_ssize_t left_out) noexcept:
    """Return a new reference to the names without one. A call site passes the same tuple every time."""
    cdef PyObject *others
    cdef Py_ssize_t i
    if not FREE_THREADED and <PyObject *>self.names == names:
        return Py_NewRef(<PyObject *>self.other_names)
    others = PyTuple_New(PyTuple_GET_SIZE(names) - 1)
    if others != NULL:
        for i in range(PyTuple_GET_SIZE(others)):
            PyTuple_SET_ITEM(others, i, Py_NewRef(PyTuple_GET_ITEM(names, i + (i >= left_out))))
        if not FREE_THREADED:
            self.names = <object>names
            self.other_names = <object>others
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


cdef inline PyObject *nothing(bint collect) noexcept:
    return PyList_New(0) if collect else Py_NewRef(Py_None)


cdef inline PyObject *send(
    PyObject *method, PyObject **arguments, size_t flags, PyObject *names, bint collect
) noexcept:
    cdef PyObject *stack[MOST_KEYWORDS + 3]
    cdef Py_ssize_t positional = PyVectorcall_NARGS(flags) - 1
    cdef PyObject **values = arguments + 1 + positional
    cdef PyObject *sender = arguments[1] if positional == 1 else Py_None
    cdef PyObject *wrapper = NULL
    cdef PyObject *others = NULL
    cdef PyObject *original = names
    cdef PyObject *snapshot
    cdef PyObject *results
    cdef Py_ssize_t keywords = 0
    cdef Py_ssize_t left_out
    cdef Py_ssize_t i
    cdef int muted
    if <size_t>positional > 1 or not is_instance(arguments[0], <PyObject *>(<Method>method).owner):
        set_error(TypeError(
            "send() and emit() are methods of signals and take one positional argument at most, the sender"
        ))
        return NULL
    cdef Dispatch self = <Dispatch>arguments[0]
    muted = is_true(FIELD(arguments[0], muted_offset))
    if muted:
        return NULL if muted < 0 else nothing(collect)
    muted = self.is_plain()
    if muted <= 0:
        return NULL if muted < 0 else send_slowly(self, sender, names, values, collect)
    snapshot = self.snapshot_for(sender)
    if snapshot == NULL:
        return NULL
    if PyTuple_GET_SIZE(snapshot) == 0:
        Py_DECREF(snapshot)
        return nothing(collect)
    if names != NULL:
        keywords = PyTuple_GET_SIZE(names)
        left_out = find_name(names, <PyObject *>self.wrapper_name)
        if left_out < 0:
            left_out = keywords
        else:
            keywords -= 1
            wrapper = values[left_out] if values[left_out] != Py_None else NULL
            names = others = without(self, names, left_out) if keywords else NULL
        if keywords > MOST_KEYWORDS or (keywords and names == NULL):
            Py_DECREF(snapshot)
            Py_XDECREF(others)
            return NULL if names == NULL else send_slowly(self, sender, original, values, collect)
        for i in range(keywords):
            stack[3 + i] = values[i + (i >= left_out)]
    stack[2] = sender
    results = call_all(self, snapshot, stack, names, wrapper, collect)
    Py_DECREF(snapshot)
    Py_XDECREF(others)
    return results


include "_methods.pxi"


@cython.final
cdef class Live:
    """The receivers of a snapshot that are alive and connected when their turn comes, and what kind each is."""

    cdef Dispatch signal
    cdef object sender
    cdef tuple snapshot
    cdef Py_ssize_t position

    def __iter__(self):
        return self

    def __next__(self):
        cdef PyObject *entry
        cdef PyObject *found
        cdef PyObject *function
        cdef bint failed = False
        while self.position < len(self.snapshot):
            entry = PyTuple_GET_ITEM(<PyObject *>self.snapshot, self.position)
            self.position += 1
            found = get_receiver(entry, &function, &failed)
            if found != NULL:
                found = bind(function, found)
                failed = found == NULL
            if failed:
                raise_error()
            if found == NULL:
                if (<Entry>entry).connection.connected:
                    self.signal._check_dead()
                continue
            receiver = <object>found
            Py_DECREF(found)
            if (<Entry>entry).connection.connected or self.signal._is_connected(
                (<Entry>entry).connection.receiver, self.sender
            ):
                return receiver, (<Entry>entry).coroutine
        raise StopIteration


cdef int raise_error() except -1:
    """Raise the exception that is set."""
    return -1


cdef inline int is_true(PyObject *value) noexcept:
    return 0 if value == Py_False or value == NULL else PyObject_IsTrue(value)


_default_receivers_for = None  # while a send may bypass receivers_for: the one of Signal


def set_bypass(signal_type, allowed):
    """Let sends call receivers directly, or make each go through ``receivers_for`` for now."""
    global _default_receivers_for
    _default_receivers_for = signal_type.receivers_for if allowed else None
    PyType_Modified(<Type *><PyObject *>signal_type)  # so that each signal asks again


def complete(signal_type):
    """Give the class of signals its compiled methods, and learn where its slots are."""
    global receivers_offset, muted_offset
    receivers_offset = slot_offset(<PyObject *>signal_type.receivers)
    muted_offset = slot_offset(<PyObject *>signal_type.is_muted)
    add_method(signal_type, "send", <void *>send_vectorcall)
    add_method(signal_type, "emit", <void *>emit_vectorcall)
    add_method(signal_type, "has_receivers_for", <void *>has_vectorcall)
    add_method(signal_type, "connect", <void *>forward)
    add_method(signal_type, "disconnect", <void *>forward)


@cython.no_gc_clear
cdef class Dispatch(_snapshots.Snapshots):
    """A connection table that can send."""

    cdef str wrapper_name  # a constant, nearer than that of the module
    cdef object names  # of keywords that were passed with a wrapper
    cdef object other_names  # the same without the wrapper
    cdef unsigned int plain_version  # of the type, when a send was last allowed to bypass receivers_for
    cdef object attributes  # the instance's dictionary: the last field

    def __cinit__(self, *args, **kwargs):
        Py_CLEAR(FIELD(<PyObject *>self, dict_offset))
        if EAGER_DICT:
            PyObject_GenericGetDict(self, NULL)
        self.wrapper_name = "_async_wrapper"
        self._setup()
        self.is_muted = False

    @property
    def __dict__(self):
        return PyObject_GenericGetDict(self, NULL)

    @__dict__.setter
    def __dict__(self, attributes):
        # The dictionary stays the same one: a send in another thread may be looking at it.
        own = PyObject_GenericGetDict(self, NULL)
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

    cdef bint _knows_receivers(self) except -1:
        return FIELD(<PyObject *>self, receivers_offset) == <PyObject *>self._public

    @cython.final
    cdef inline PyObject *snapshot_for(self, PyObject *sender) noexcept:
        """Return a new reference to what a send by ``sender`` calls, or NULL for an error."""
        if FIELD(<PyObject *>self, receivers_offset) == <PyObject *>self._public:
            if FREE_THREADED:
                return self.cached_snapshot(sender)
            if self._shared is not None:
                return Py_NewRef(<PyObject *>self._shared)
            if self._last_sender is not None and referred(<PyObject *>self._last_sender.reference) == sender:
                return Py_NewRef(<PyObject *>self._last_snapshot)
        return self.looked_up_snapshot(sender)

    @cython.final
    cdef PyObject *cached_snapshot(self, PyObject *sender) noexcept:
        """Do the same without the GIL, and without a lock if it is cached."""
        try:
            key = ANY_ID
            if PyDict_GET_SIZE(<PyObject *>self._senders):
                key = _endpoints.make_id(<object>sender)
                if key not in self._senders:
                    key = ANY_ID
            snapshot = _primitives.get(self._snapshots, key)
            if snapshot is None:
                return self.looked_up_snapshot(sender)
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

    def _calls(self, sender):
        """Return the receivers that a send by ``sender`` calls, and whether each is a coroutine function."""
        if self.is_muted:
            return ()
        return self._live(sender) if self._is_plain() else self._calls_via_receivers_for(sender)

    cpdef bint _is_plain(self) except -1:
        """Return whether a send may bypass ``receivers_for``."""
        return self.is_plain()

    def _live(self, sender):
        """Return the receivers of the snapshot that are alive and connected when their turn comes."""
        cdef Live live = Live.__new__(Live)
        live.signal = self
        live.sender = sender
        live.snapshot = self._snapshot_for(sender)
        return live

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
