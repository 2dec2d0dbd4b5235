# cython: language_level=3, auto_pickle=False, freethreading_compatible=True
# cython: binding=False, always_allow_keywords=True
"""Sending, compiled. ``_dispatch.py`` does the same in Python.

A send takes its arguments as they lie on the caller's stack and makes vectorcalls from there, without a dictionary of
keywords. It holds its snapshot, an immutable tuple of entries, until it ends. So nothing that it reads can go away.
"""

cimport cython
from cpython.object cimport PyObject

cimport aldis._endpoints_c as _endpoints
cimport aldis._snapshots_c as _snapshots

from weakref import ref

from aldis import _dispatch
from aldis._errors import needs_async_wrapper
from aldis._identity import ANY_ID, MethodRef

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
    PyObject *Py_True
    unsigned long Py_TPFLAGS_HAVE_VECTORCALL
    unsigned long Py_TPFLAGS_METHOD_DESCRIPTOR
    unsigned long Py_TPFLAGS_IMMUTABLETYPE
    Py_ssize_t PyVectorcall_NARGS(size_t)
    void *PyVectorcall_Call
    Type *Py_TYPE(PyObject *)
    bint PyObject_TypeCheck(PyObject *, Type *)
    void PyType_Modified(Type *)
    void Py_INCREF(PyObject *)
    void Py_DECREF(PyObject *)
    void Py_XDECREF(PyObject *)
    void Py_CLEAR(PyObject *)
    PyObject *Py_NewRef(PyObject *)
    int PyObject_IsTrue(PyObject *)
    int get_item(object, object, PyObject **) except -1
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
    void PyObject_GC_UnTrack(PyObject *)
    void PyObject_GC_Track(PyObject *)
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

cdef enum:
    MOST_KEYWORDS = 12  # that are copied to the stack: in a thread it may be small

cdef enum Kind:
    WEAK
    STRONG
    METHOD  # a weak reference to the instance, and one to the function
    CUSTOM  # a weak reference of another type: calling it returns the receiver


@cython.final
cdef class Entry:
    """What a snapshot has for one connection. It never changes."""

    cdef _endpoints.Connection connection
    cdef object target
    cdef object function
    cdef Kind kind
    cdef bint coroutine


cdef int set_error(error) noexcept:
    """Set an exception for a function without Cython's handling of exceptions: it would add frames to tracebacks."""
    PyErr_SetObject(type(error), error)
    return -1


cdef PyObject *get_receiver(PyObject *entry, bint *failed) noexcept:
    """Return a new reference to the receiver, or NULL if it is dead or after an error."""
    cdef PyObject *target = <PyObject *>(<Entry>entry).target
    cdef PyObject *receiver = NULL
    cdef PyObject *function
    if (<Entry>entry).kind == WEAK:
        return referent(target)
    if (<Entry>entry).kind == STRONG:
        return Py_NewRef(target)
    if (<Entry>entry).kind == CUSTOM:
        receiver = PyObject_CallNoArgs(target)
        failed[0] = receiver == NULL
        if receiver == Py_None:
            Py_CLEAR(receiver)
        return receiver
    target = referent(target)
    function = referent(<PyObject *>(<Entry>entry).function)
    if target != NULL and function != NULL:
        receiver = PyMethod_New(function, target)
        failed[0] = receiver == NULL
    Py_XDECREF(target)
    Py_XDECREF(function)
    return receiver


cdef int still_connected(Dispatch self, PyObject *entry, PyObject *sender) noexcept:
    """Return whether the receiver of a connection that has ended has another one that counts, or -1 for an error."""
    try:
        return self._is_connected((<Entry>entry).connection.receiver, <object>sender)
    except BaseException as error:
        return set_error(error)


cdef int check_dead(Dispatch self) noexcept:
    try:
        self._check_dead()
        return 0
    except BaseException as error:
        return set_error(error)


cdef PyObject *call_coroutine(PyObject *receiver, PyObject *wrapper, PyObject **arguments, PyObject *names) noexcept:
    """Call what the wrapper returns for a coroutine function."""
    cdef PyObject *called
    cdef PyObject *result = NULL
    if wrapper == NULL:
        try:
            set_error(needs_async_wrapper(<object>receiver))
        except BaseException as error:
            set_error(error)
        return NULL
    called = PyObject_CallOneArg(wrapper, receiver)
    if called != NULL:
        result = call_receiver(called, arguments, 1, names)
        Py_DECREF(called)
    return result


cdef inline PyObject *call_all(
    Dispatch self, PyObject *snapshot, PyObject **stack, PyObject *names, PyObject *wrapper, bint collect
) noexcept:
    """Call the receivers of a snapshot. Return the list of pairs, or None if they are not wanted.

    :param stack: two free places, the sender, and the values of the keywords.
    """
    cdef Py_ssize_t count = PyTuple_GET_SIZE(snapshot)
    cdef Py_ssize_t n = 0
    cdef Py_ssize_t i
    cdef PyObject *results = Py_NewRef(Py_None) if not collect else PyList_New(count)
    cdef PyObject *entry
    cdef PyObject *receiver
    cdef PyObject *result
    cdef bint failed = results == NULL
    cdef int connected
    if failed:
        return NULL
    if collect:
        PyObject_GC_UnTrack(results)  # gc.get_objects() must not find a list with empty places
    for i in range(count):
        entry = PyTuple_GET_ITEM(snapshot, i)
        receiver = get_receiver(entry, &failed)
        if receiver == NULL:
            if failed or ((<Entry>entry).connection.connected and check_dead(self) < 0):
                failed = True
                break
            continue
        if not (<Entry>entry).connection.connected:
            connected = still_connected(self, entry, stack[2])
            if connected <= 0:
                Py_DECREF(receiver)
                failed = connected < 0
                if failed:
                    break
                continue
        if (<Entry>entry).coroutine:
            result = call_coroutine(receiver, wrapper, stack + 2, names)
        else:
            result = call_receiver(receiver, stack + 2, 1, names)
        failed = result == NULL
        if failed:
            Py_DECREF(receiver)
            break
        if not collect:
            Py_DECREF(receiver)
            Py_DECREF(result)
            continue
        result = make_pair(receiver, result)
        failed = result == NULL
        if failed:
            break
        PyList_SET_ITEM(results, n, result)
        n += 1
    if failed:
        Py_DECREF(results)
        return NULL
    if collect:
        Py_SET_SIZE(results, n)
        PyObject_GC_Track(results)
    return results


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
    if <size_t>positional > 1 or not PyObject_TypeCheck(arguments[0], <Type *><PyObject *>(<Method>method).owner):
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


cdef PyObject *send_vectorcall(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
    return send(method, arguments, flags, names, True)


cdef PyObject *emit_vectorcall(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
    return send(method, arguments, flags, names, False)


cdef PyObject *has_vectorcall(PyObject *method, PyObject **arguments, size_t flags, PyObject *names) noexcept:
    """Call ``has_receivers_for``. Most calls need no more than a look at the sizes of two dictionaries."""
    cdef Dispatch self
    if names == NULL and PyVectorcall_NARGS(flags) == 2 and PyObject_TypeCheck(
        arguments[0], <Type *><PyObject *>(<Method>method).owner
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
        cdef bint failed = False
        while self.position < len(self.snapshot):
            entry = PyTuple_GET_ITEM(<PyObject *>self.snapshot, self.position)
            self.position += 1
            found = get_receiver(entry, &failed)
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
        cdef PyObject *snapshot = NULL
        try:
            key = ANY_ID
            if PyDict_GET_SIZE(<PyObject *>self._senders):
                key = _endpoints.make_id(<object>sender)
                if key not in self._senders:
                    key = ANY_ID
            if get_item(self._snapshots, key, &snapshot) == 0:
                return self.looked_up_snapshot(sender)
        except BaseException as error:
            set_error(error)
        return snapshot

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
