# cython: language_level=3, auto_pickle=False, always_allow_keywords=True
# cython: freethreading_compatible=True, subinterpreters_compatible=own_gil
# Methods that are bound Cython's own way take any object for a signal:
# cython: binding=False, embedsignature=True, embedsignature.format=clinic
"""The compiled core. It does what ``_core_py.py`` does, with the same names in the same order.

Tables are hash tables of its own, so that a change runs no Python code between its first step and its last: what can
fail or run code comes before, what lets go of objects comes after. ``DESIGN.md`` tells why that is safe.
"""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.object cimport Py_EQ, PyObject, PyObject_Hash, visitproc
from libc.stdint cimport uint64_t
from libc.stdlib cimport qsort
from libc.string cimport strdup

from types import BuiltinMethodType, MethodWrapperType
from weakref import ref

from aldis._core_py import Core as _Reference
from aldis._errors import cannot_be_weak, needs_async_wrapper
from aldis._identity import ANY, ANY_ID, MethodRef, is_coroutine_receiver, make_receiver_id, make_ref
from aldis._receivers import Receivers

cdef extern from "Python.h":
    """
    #define as_fastcall(function) ((PyCFunction)(void *)(function))
    /* An instance without its dictionary is what CPython 3.12 and later look methods up on fastest. */
    #define EAGER_DICT (PY_VERSION_HEX < 0x030C0000)
    #ifdef Py_GIL_DISABLED
    #define FREE_THREADED 1
    #else
    #define FREE_THREADED 0
    #endif
    """
    ctypedef PyObject *(*PyCFunction)(PyObject *, PyObject *)
    ctypedef PyObject *(*richcmpfunc)(PyObject *, PyObject *, int)
    ctypedef int (*traverseproc)(PyObject *, visitproc, void *)
    ctypedef int (*inquiry)(PyObject *)
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject **, size_t, PyObject *) noexcept
    ctypedef struct PyMethodDef:
        const char *ml_name
        PyCFunction ml_meth
        int ml_flags
        const char *ml_doc
    ctypedef struct Type "PyTypeObject":
        richcmpfunc tp_richcompare
        traverseproc tp_traverse
        inquiry tp_clear
        Py_ssize_t tp_dictoffset
        unsigned long tp_flags
    Type PyUnicode_Type
    Type PyLong_Type
    ctypedef struct PyFunctionObject:
        vectorcallfunc vectorcall
    Type PyFunction_Type
    Type PyMethod_Type
    Type PyCFunction_Type
    Type PyWeakref_RefType "_PyWeakref_RefType"
    PyObject *Py_None
    PyObject *Py_True
    int METH_FASTCALL
    int METH_KEYWORDS
    unsigned long Py_TPFLAGS_LONG_SUBCLASS
    unsigned long Py_TPFLAGS_UNICODE_SUBCLASS
    size_t PY_VECTORCALL_ARGUMENTS_OFFSET
    PyCFunction as_fastcall(void *)
    Type *Py_TYPE(PyObject *)
    Py_ssize_t Py_REFCNT(PyObject *)
    void RETAIN "Py_INCREF"(PyObject *)
    void RELEASE "Py_DECREF"(PyObject *)
    void RELEASE_ANY "Py_XDECREF"(PyObject *)
    PyObject *NEW_REF "Py_NewRef"(PyObject *)
    PyObject *PyObject_Vectorcall(PyObject *, PyObject **, size_t, PyObject *) noexcept
    PyObject *PyObject_CallOneArg(PyObject *, PyObject *) noexcept
    PyObject *PyObject_CallNoArgs(PyObject *) noexcept
    PyObject *PyMethod_New(PyObject *, PyObject *) noexcept
    PyObject *PyMethod_GET_FUNCTION(PyObject *)
    PyObject *PyMethod_GET_SELF(PyObject *)
    PyObject *PyTuple_New(Py_ssize_t) noexcept
    PyObject *PyTuple_GET_ITEM(PyObject *, Py_ssize_t)
    Py_ssize_t PyTuple_GET_SIZE(PyObject *)
    void PyTuple_SET_ITEM(PyObject *, Py_ssize_t, PyObject *)
    PyObject *PyList_New(Py_ssize_t) noexcept
    void PyList_SET_ITEM(PyObject *, Py_ssize_t, PyObject *)
    Py_ssize_t PySet_GET_SIZE(PyObject *)
    int PyDict_Contains(PyObject *, object) except -1
    Py_ssize_t PyDict_GET_SIZE(PyObject *)
    PyObject *PyDict_New() except NULL
    bint EAGER_DICT
    int PyDict_SetItem(PyObject *, PyObject *, PyObject *) noexcept
    int PyDict_DelItem(PyObject *, PyObject *) noexcept
    object PyObject_GenericGetDict(object, void *)
    int PyObject_GenericSetDict(object, object, void *) except -1
    int PyUnicode_CHECK_INTERNED(PyObject *)
    object PyDescr_NewMethod(Type *, PyMethodDef *)
    void PyType_Modified(Type *)
    void PyErr_Clear()
    void PyErr_SetObject(object, object)
    int PyUnicode_Compare(PyObject *, PyObject *) noexcept
    object PyWeakref_NewRef(object, object)
    bint FREE_THREADED
    PyObject *PyErr_NoMemory()
    int Py_EnterRecursiveCall(const char *) noexcept
    void Py_LeaveRecursiveCall()

cdef extern from "_guard.h":
    ctypedef struct Guard:
        pass
    void guard_at_forks() noexcept
    void guard_lock(Guard *) noexcept
    void guard_unlock(Guard *) noexcept
    int guard_enter(Guard *) noexcept
    void guard_leave(Guard *, int) noexcept
    void guard_wait(Guard *) noexcept
    PyObject *guard_load(void *) noexcept
    void guard_store(void *, void *) noexcept
    Py_ssize_t guard_count(Py_ssize_t *) noexcept
    void guard_set_count(Py_ssize_t *, Py_ssize_t) noexcept
    PyObject *referent(PyObject *) noexcept
    PyObject *referred(PyObject *) noexcept
    PyObject *dict_value(PyObject *, PyObject *) noexcept
    bint CALLS_BACK_LATE
    bint awaits_call(PyObject *) noexcept
    unsigned int type_version(Type *) noexcept


cdef extern from *:
    """
    typedef struct Block {
        struct Block *next; /* among those to be let go */
        size_t mask;
        PyObject *slots[];
    } Block;

    #define DELETED ((PyObject *)1)

    static inline size_t
    mixed(size_t a, size_t b)
    {
    #if SIZEOF_SIZE_T >= 8
        a = (a ^ (b * 1000003)) * 0x9E3779B97F4A7C15u;
        return a ^ (a >> 32);
    #else
        a = (a ^ (b * 1000003)) * 0x9E3779B9u;
        return a ^ (a >> 16);
    #endif
    }

    /* The same for all interpreters: set when the first one imports this module, and never changed. */
    static PyTypeObject *PyMethodWrapper_Type;
    static traverseproc traverse_attributes, traverse_dispatch; /* as Cython makes them */
    static PyMethodDef send_method;
    """
    Type *PyMethodWrapper_Type
    traverseproc traverse_attributes
    traverseproc traverse_dispatch
    PyMethodDef send_method
    ctypedef struct Block:
        Block *next
        size_t mask
        PyObject **slots
    PyObject *DELETED
    size_t mixed(size_t, size_t) noexcept


# Identities, as make_id and make_receiver_id tell them apart

cdef enum Kind:
    BY_NOTHING
    BY_ADDRESS
    BY_METHOD
    BY_BUILTIN
    BY_WRAPPER
    BY_STR
    BY_INT

cdef struct Key:
    Kind kind
    size_t a  # the address; a method's function; the hash of a bound builtin or of a value
    size_t b  # the instance of a method or a bound builtin
    size_t hash
    PyObject *value  # the string or number, borrowed


cdef int key_of_sender(PyObject *obj, Key *key) except -1:
    cdef Type *kind = Py_TYPE(obj)
    if not kind.tp_flags & (Py_TPFLAGS_UNICODE_SUBCLASS | Py_TPFLAGS_LONG_SUBCLASS):
        return key_of_receiver(obj, key)
    key.kind = BY_STR if kind.tp_flags & Py_TPFLAGS_UNICODE_SUBCLASS else BY_INT
    key.a = <size_t>PyObject_Hash(<object>obj)
    key.b = 0
    key.value = obj
    key.hash = mixed(key.a, key.b)
    return 0


cdef int key_of_receiver(PyObject *obj, Key *key) except -1:
    cdef Type *kind = Py_TYPE(obj)
    key.b = 0
    key.value = NULL
    if kind == &PyMethod_Type:
        key.kind = BY_METHOD
        key.a = <size_t>PyMethod_GET_FUNCTION(obj)
        key.b = <size_t>PyMethod_GET_SELF(obj)
    elif kind == &PyCFunction_Type or kind == PyMethodWrapper_Type:
        key.kind = BY_BUILTIN if kind == &PyCFunction_Type else BY_WRAPPER
        key.a = <size_t>PyObject_Hash(<object>obj)
        key.b = <size_t><PyObject *>(<object>obj).__self__
    else:
        key.kind = BY_ADDRESS
        key.a = <size_t>obj
    key.hash = mixed(key.a, key.b)
    return 0


cdef bint size_from(object number, size_t *size) except -1:
    """Read an address or a hash. Tell whether it is one: keys that programs put into ``receivers`` need not be."""
    if not isinstance(number, int) or (number >> 8 * sizeof(size_t) - 1) not in (-1, 0, 1):
        return False
    size[0] = <size_t>(number & <size_t>-1)
    return True


cdef bint key_from_id(object id, Key *key) except -1:
    """Read an identity. Tell whether it is one."""
    key.b = 0
    key.value = NULL
    if isinstance(id, str):
        key.kind = BY_STR
        key.a = <size_t>PyObject_Hash(id)
        key.value = <PyObject *>id
    elif isinstance(id, int):
        key.kind = BY_ADDRESS
        if not size_from(id, &key.a):
            return False
    elif not isinstance(id, tuple) or not 2 <= len(id) <= 3:
        return False
    elif len(id) == 3:
        key.kind = BY_BUILTIN if id[0] is BuiltinMethodType else BY_WRAPPER
        if not size_from(id[1], &key.a) or not size_from(id[2], &key.b):
            return False
    elif id[0] is int:
        key.kind = BY_INT
        key.a = <size_t>PyObject_Hash(id[1])
        key.value = <PyObject *>id[1]
    else:
        key.kind = BY_METHOD
        if not size_from(id[0], &key.a) or not size_from(id[1], &key.b):
            return False
    key.hash = mixed(key.a, key.b)
    return True


cdef object id_of(Kind kind, size_t a, size_t b, PyObject *value):
    """Return the identity as ``make_id`` gives it."""
    if kind == BY_NOTHING:
        return ANY_ID
    if kind == BY_ADDRESS:
        return a
    if kind == BY_METHOD:
        return a, b
    if kind == BY_STR:
        return <object>value
    if kind == BY_INT:
        return int, <object>value
    return BuiltinMethodType if kind == BY_BUILTIN else MethodWrapperType, <Py_hash_t>a, b


# What a table is made of. None of these is known to the garbage collector: the signal shows it what they hold.

cdef class Core
cdef class Receiver
cdef class Sender


@cython.no_gc
cdef class Scrap:
    """Something that a change can take out of the tables, to let go of it afterwards."""

    cdef PyObject *next_scrap


@cython.no_gc
cdef class Part(Scrap):
    """Something that a table holds."""

    cdef size_t hash


@cython.no_gc
cdef class Endpoint(Part):
    """A receiver or a sender that is connected, and the callback of the weak reference to it."""

    cdef object signal  # a weak reference
    cdef Kind kind
    cdef bint weak  # whether the handle is a weak reference, or the object itself where there can be none
    cdef bint registered  # whether the signal's tables hold this endpoint
    cdef size_t a
    cdef size_t b
    cdef PyObject *handle  # to be read under the lock
    cdef PyObject *first  # connection, in order of connection
    cdef PyObject *last

    def __dealloc__(self):
        RELEASE_ANY(self.handle)


@cython.no_gc
cdef class Receiver(Endpoint):
    cdef object id
    cdef PyObject *dropped  # what the public dictionary held, until the change is over
    cdef Py_ssize_t strong  # how many connections keep the receiver alive
    cdef signed char coroutine  # -1: not asked before the first plan

    def __dealloc__(self):
        RELEASE_ANY(self.dropped)

    def __call__(self, dead):
        signal = self.signal()
        if signal is not None:
            (<Core>signal).bury(self, dead)
        let_go_late(self, dead)


@cython.no_gc
cdef class Sender(Endpoint):
    cdef PyObject *plan  # made at the first send after a change

    def __dealloc__(self):
        RELEASE_ANY(self.plan)

    def __call__(self, dead):
        signal = self.signal()
        if signal is not None:
            (<Core>signal).unlink_sender(self)
        let_go_late(self, dead)


@cython.no_gc
cdef class Connection(Part):
    """A receiver and a sender, connected."""

    cdef Receiver receiver
    cdef Sender sender
    cdef uint64_t place  # in the order of all connections of the signal
    cdef bint connected
    cdef bint strong
    cdef PyObject *sender_previous
    cdef PyObject *sender_next
    cdef PyObject *receiver_previous
    cdef PyObject *receiver_next


cdef enum:
    SMALL = 32  # how many receivers, or arguments, find place on the stack

cdef enum How:
    WEAKLY
    STRONGLY
    AS_METHOD
    BY_CALL  # by a weak reference of another type, put there from outside
    NOT_AT_ALL

cdef struct Entry:
    PyObject *connection
    PyObject *target  # what is called, or a weak reference to it or, of a method, to its instance
    PyObject *function  # a weak reference to a method's function
    How how
    bint coroutine


@cython.no_gc
cdef class Plan(Scrap):
    """What a send has to call for one sender, or for ANY. It never changes."""

    cdef Entry *entries  # in order of connection
    cdef Py_ssize_t count
    cdef Entry only  # spares a plan of one entry the memory and the way to it
    cdef uint64_t *hidden  # in order, places of connections to ANY whose receiver this plan calls earlier; 0 ends them

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.count):
            release_entry(&self.entries[i])
        if self.entries != &self.only:
            PyMem_Free(self.entries)
        PyMem_Free(self.hidden)


# Hash tables of parts

cdef struct Table:
    Block *block  # NULL while the table is empty
    Py_ssize_t count
    Py_ssize_t used  # slots that hold a part or held one

cdef struct Value:
    Value *next
    PyObject *value

cdef struct Scraps:
    PyObject *receivers
    PyObject *senders
    PyObject *others  # connections and plans
    Block *blocks
    Value *values


cdef bint table_resize(Table *table, size_t size, Scraps *scraps) noexcept:
    cdef Block *old = table.block
    cdef Block *block = NULL
    cdef PyObject *part
    cdef size_t i, j
    if size:
        block = <Block *>PyMem_Calloc(1, sizeof(Block) + size * sizeof(PyObject *))
        if block == NULL:
            return False  # no cover: memory
        block.mask = size - 1
        if old != NULL:
            for i in range(old.mask + 1):
                part = old.slots[i]
                if part != NULL and part != DELETED:
                    j = (<Part>part).hash & block.mask
                    while block.slots[j] != NULL:
                        j = (j + 1) & block.mask
                    block.slots[j] = part
    guard_store(&table.block, block)
    table.used = table.count
    if old != NULL:
        old.next = scraps.blocks
        scraps.blocks = old
    return True


cdef bint table_reserve(Table *table, Scraps *scraps) noexcept:
    """Make room for one more part."""
    cdef size_t size = 8
    if table.block != NULL and <size_t>(table.used + 1) * 3 <= (table.block.mask + 1) * 2:
        return True
    while <size_t>(table.count + 1) * 2 > size:
        size *= 2
    return table_resize(table, size, scraps)


cdef void table_add(Table *table, Part part) noexcept:
    """Add a part, for which there is room."""
    cdef Block *block = table.block
    cdef size_t i = part.hash & block.mask
    while block.slots[i] != NULL and block.slots[i] != DELETED:
        i = (i + 1) & block.mask
    if block.slots[i] == NULL:
        table.used += 1
    RETAIN(<PyObject *>part)
    guard_store(&block.slots[i], <void *><PyObject *>part)
    guard_set_count(&table.count, table.count + 1)


cdef void table_remove(Table *table, Part part, PyObject **removed, Scraps *scraps) noexcept:
    """Remove a part that is there, and add it to what was removed."""
    cdef Block *block = table.block
    cdef size_t i = part.hash & block.mask
    while block.slots[i] != <PyObject *>part:
        i = (i + 1) & block.mask
    guard_store(&block.slots[i], DELETED)
    guard_set_count(&table.count, table.count - 1)
    part.next_scrap = removed[0]
    removed[0] = <PyObject *>part
    if table.count == 0:
        table_resize(table, 0, scraps)
    elif block.mask >= 64 and <size_t>table.count * 8 < block.mask:
        table_resize(table, (block.mask + 1) // 4, scraps)  # no harm when there is no memory for it


cdef PyObject *find_endpoint(Table *table, Key *key, bint *ask) noexcept:
    """Return the endpoint with that identity, borrowed. Set ``ask`` where only the objects' own ``__eq__`` can tell."""
    cdef Block *block = <Block *>guard_load(&table.block)
    cdef PyObject *part
    cdef PyObject *equal
    cdef richcmpfunc compare
    cdef size_t i
    if block == NULL:
        return NULL
    i = key.hash & block.mask
    while True:
        part = guard_load(&block.slots[i])
        if part == NULL:
            return NULL
        if (
            part != DELETED
            and (<Endpoint>part).a == key.a and (<Endpoint>part).b == key.b and (<Endpoint>part).kind == key.kind
        ):
            if key.value == NULL or (<Endpoint>part).handle == key.value:
                return part
            # Strings and numbers compare without running code where their types have left that to str and int.
            compare = PyUnicode_Type.tp_richcompare if key.kind == BY_STR else PyLong_Type.tp_richcompare
            if Py_TYPE(key.value).tp_richcompare != compare or (<Endpoint>part).weak or (
                Py_TYPE((<Endpoint>part).handle).tp_richcompare != compare
            ):
                ask[0] = True
            else:
                equal = compare((<Endpoint>part).handle, key.value, Py_EQ)
                RELEASE(equal)  # True and False outlive this
                if equal == Py_True:
                    return part
        i = (i + 1) & block.mask


cdef PyObject *find_connection(Table *table, PyObject *receiver, PyObject *sender) noexcept:
    """Return the connection of a pair, borrowed."""
    cdef size_t i
    cdef PyObject *part
    if table.block == NULL:
        return NULL
    i = mixed(<size_t>receiver, <size_t>sender) & table.block.mask
    while True:
        part = table.block.slots[i]
        if part == NULL:
            return NULL
        if part != DELETED and <PyObject *>(<Connection>part).receiver == receiver and (
            <PyObject *>(<Connection>part).sender == sender
        ):
            return part
        i = (i + 1) & table.block.mask


cdef inline object taken(PyObject *reference):
    """Turn a reference that is ours into an object."""
    cdef object obj = <object>reference
    RELEASE(reference)
    return obj


cdef int raise_error() except -1:
    """Raise the exception that is set already."""
    return -1  # no cover: memory


cdef inline bint is_dead(Endpoint known, Key *key) noexcept:
    """Tell whether the endpoint with that key has died and is not buried yet, so that another has its identity."""
    if not known.weak:
        return False
    if known.kind == BY_ADDRESS:
        return <size_t>referred(known.handle) != key.a
    if known.kind == BY_METHOD:
        return <size_t>referred(known.handle) != key.b
    return referred(known.handle) == Py_None


cdef inline bint is_own(Receiver known, PyObject *target) noexcept:
    """Tell a receiver's own entry in the public dictionary from one put there from outside."""
    if target == known.handle:
        return True
    if known.kind == BY_METHOD:
        return (
            Py_TYPE(target) == &PyMethod_Type
            and <size_t>PyMethod_GET_FUNCTION(target) == known.a
            and <size_t>PyMethod_GET_SELF(target) == known.b
        )
    if known.kind == BY_BUILTIN:
        # The hash is made of the function and the instance, and runs no code.
        return Py_TYPE(target) == &PyCFunction_Type and <size_t>PyObject_Hash(<object>target) == known.a
    return <size_t>target == known.a or (known.weak and referred(known.handle) == target)


cdef inline void drop_plan(Sender sender, Scraps *scraps) noexcept:
    if sender.plan != NULL:
        (<Plan>sender.plan).next_scrap = scraps.others
        scraps.others = sender.plan
        guard_store(&sender.plan, NULL)


cdef bint gather(Sender sender, Sender any, Table *connections, Plan plan) noexcept:
    """Note the sender's connections. Returns false when there is no memory for that."""
    cdef PyObject *found = sender.first
    cdef PyObject *twin
    cdef Connection connection
    cdef Py_ssize_t count = 0
    cdef Py_ssize_t twins = 0
    cdef Entry *entry
    while found != NULL:
        count += 1
        found = (<Connection>found).sender_next
    plan.entries = &plan.only
    if count > 1:
        plan.entries = <Entry *>PyMem_Malloc(count * sizeof(Entry))
        if plan.entries == NULL:
            return False  # no cover: memory
    found = sender.first
    while found != NULL:
        connection = <Connection>found
        found = connection.sender_next
        if sender is not any:
            twin = find_connection(connections, <PyObject *>connection.receiver, <PyObject *>any)
            if twin != NULL:
                if (<Connection>twin).place < connection.place:
                    continue  # called in its place among the receivers of ANY
                if plan.hidden == NULL:
                    plan.hidden = <uint64_t *>PyMem_Calloc(count + 1, sizeof(uint64_t))
                    if plan.hidden == NULL:
                        return False  # no cover: memory
                plan.hidden[twins] = (<Connection>twin).place
                twins += 1
        entry = &plan.entries[plan.count]
        entry.connection = NEW_REF(<PyObject *>connection)
        entry.target = NEW_REF(connection.receiver.handle)
        entry.function = NULL
        entry.how = WEAKLY if connection.receiver.weak else STRONGLY
        plan.count += 1
    return True


cdef int resolve(Plan plan, object shown) except -1:
    """Find out what each entry calls. This may run code of receivers, so no lock is held."""
    cdef Py_ssize_t i
    cdef Py_ssize_t kept = 0
    cdef Entry *entry
    cdef Receiver known
    for i in range(plan.count):
        entry = &plan.entries[i]
        known = (<Connection>entry.connection).receiver
        found = None if shown is None else dict.get(shown, known.id)
        if found is None:
            entry.how = NOT_AT_ALL  # taken out from outside
            continue
        own = found is <object>entry.target or make_receiver_id(found) == known.id
        if not own:
            RELEASE(entry.target)
            entry.target = NEW_REF(<PyObject *>found)
            entry.how = WEAKLY if isinstance(found, ref) else STRONGLY
        receiver = <object>entry.target
        if entry.how == WEAKLY:
            if type(receiver) is MethodRef:
                entry.how = AS_METHOD
                entry.function = NEW_REF(<PyObject *>receiver.function)
            elif type(receiver) is not ref:
                entry.how = BY_CALL
            receiver = receiver()
            if receiver is None:
                entry.how = NOT_AT_ALL
                continue
        if not own:
            entry.coroutine = is_coroutine_receiver(receiver)
        else:
            if known.coroutine < 0:
                known.coroutine = is_coroutine_receiver(receiver)
            entry.coroutine = known.coroutine
    if plan.hidden != NULL:
        i = 0
        while plan.hidden[i] != 0:
            i += 1
        qsort(plan.hidden, i, sizeof(uint64_t), compare_places)
    for i in range(plan.count):
        if plan.entries[i].how == NOT_AT_ALL:
            release_entry(&plan.entries[i])
        else:
            plan.entries[kept] = plan.entries[i]
            kept += 1
    plan.count = kept
    return 0


cdef int compare_places(const void *one, const void *other) noexcept nogil:
    return ((<uint64_t *>one)[0] > (<uint64_t *>other)[0]) - ((<uint64_t *>one)[0] < (<uint64_t *>other)[0])


cdef void release_entry(Entry *entry) noexcept:
    RELEASE(entry.connection)
    RELEASE(entry.target)
    RELEASE_ANY(entry.function)


cdef inline PyObject *sole(PyObject *every, PyObject *own) noexcept:
    """Return the one of two plans, the second of which may be NULL, that tells all; NULL where it takes both."""
    if own == NULL or (<Plan>own).count == 0:
        return every
    return own if (<Plan>every).count == 0 else NULL


cdef Entry **merged(PyObject *every, PyObject *own, Entry **small, Py_ssize_t *count) noexcept:
    """Return the entries of two plans, the second of which may be NULL, in order of connection: in ``small``, or in
    memory of its own, or NULL for an error.
    """
    cdef Entry **order = small
    cdef Entry *general = (<Plan>every).entries
    cdef Entry *particular = NULL if own == NULL else (<Plan>own).entries
    cdef Entry *general_end = general + (<Plan>every).count
    cdef Entry *particular_end = NULL if own == NULL else particular + (<Plan>own).count
    cdef uint64_t *hidden = NULL if own == NULL else (<Plan>own).hidden
    cdef Py_ssize_t n = (general_end - general) + (particular_end - particular)
    cdef uint64_t place
    if small == NULL or n > SMALL:
        order = <Entry **>PyMem_Malloc(n * sizeof(Entry *))
        if order == NULL:
            PyErr_NoMemory()  # no cover: memory
            return NULL  # no cover: memory
    n = 0
    while general < general_end or particular < particular_end:
        if general < general_end:
            place = (<Connection>general.connection).place
            if particular == particular_end or place < (<Connection>particular.connection).place:
                while hidden != NULL and hidden[0] != 0 and hidden[0] < place:
                    hidden += 1
                if hidden == NULL or hidden[0] != place:
                    order[n] = general
                    n += 1
                general += 1
                continue
        order[n] = particular
        n += 1
        particular += 1
    count[0] = n
    return order


# Sending

cdef PyObject *get_receiver(Entry *entry) noexcept:
    """Return a new reference to the receiver; to None when it is dead; NULL for an error."""
    cdef PyObject *receiver = NULL
    cdef PyObject *instance
    cdef PyObject *function
    if entry.how == WEAKLY:
        receiver = referent(entry.target)
    elif entry.how == STRONGLY:
        return NEW_REF(entry.target)
    elif entry.how == BY_CALL:
        return PyObject_CallNoArgs(entry.target)
    else:
        instance = referent(entry.target)
        function = referent(entry.function)
        if instance != NULL and function != NULL:
            receiver = PyMethod_New(function, instance)
            if receiver == NULL:
                entry = NULL  # no cover: memory
        RELEASE_ANY(instance)
        RELEASE_ANY(function)
        if entry == NULL:
            return NULL  # no cover: memory
    return receiver if receiver != NULL else NEW_REF(Py_None)


cdef int reaches(Core self, Entry *entry, PyObject *sender) noexcept:
    """Tell whether a receiver that was disconnected during a dispatch is connected again; -1 for an error."""
    try:
        return self._reaches((<Connection>entry.connection).receiver.id, <object>sender)
    except BaseException as error:
        PyErr_SetObject(type(error), error)
        return -1


cdef void refuse(PyObject *receiver) noexcept:
    try:
        raise needs_async_wrapper(<object>receiver)
    except BaseException as error:
        PyErr_SetObject(type(error), error)


cdef inline PyObject *vectorcall(PyObject *called, PyObject **arguments, size_t count, PyObject *names) noexcept:
    count |= PY_VECTORCALL_ARGUMENTS_OFFSET
    cdef PyObject *result
    if Py_TYPE(called) == &PyFunction_Type:  # of which all is known that PyObject_Vectorcall would look for
        return (<PyFunctionObject *>called).vectorcall(called, arguments, count, names)
    if Py_EnterRecursiveCall(" while a signal is sent"):  # by signals that send one another, more than the stack holds
        return NULL  # no cover: memory
    result = PyObject_Vectorcall(called, arguments, count, names)
    Py_LeaveRecursiveCall()
    return result


cdef PyObject *call(PyObject *receiver, PyObject *wrapper, PyObject **stack, PyObject *names) noexcept:
    """Call a receiver, by way of the wrapper where there is one."""
    cdef PyObject *result
    if wrapper != NULL:
        receiver = PyObject_CallOneArg(wrapper, receiver)
        if receiver == NULL:
            return NULL
        result = vectorcall(receiver, stack + 2, 1, names)
        RELEASE(receiver)
        return result
    if Py_TYPE(receiver) == &PyMethod_Type:
        stack[1] = PyMethod_GET_SELF(receiver)
        return vectorcall(PyMethod_GET_FUNCTION(receiver), stack + 1, 2, names)
    return vectorcall(receiver, stack + 2, 1, names)


cdef inline PyObject *paired(PyObject *receiver, PyObject *result) noexcept:
    """Return the pair of the two, which takes both over, or NULL where there is no result."""
    cdef PyObject *pair = NULL if result == NULL else PyTuple_New(2)
    if pair == NULL:
        RELEASE(receiver)
        RELEASE_ANY(result)
    else:
        PyTuple_SET_ITEM(pair, 0, receiver)
        PyTuple_SET_ITEM(pair, 1, result)
    return pair


cdef PyObject *call_all(
    Core self, Entry *entries, Entry **order, Py_ssize_t count, PyObject **stack, PyObject *names, PyObject *wrapper
) noexcept:
    """Call each receiver and return the list of pairs, or NULL for an error, with no trace but the receiver's own.

    :param order: the entries in their order; NULL where they stand so.
    :param stack: two places to spare, the sender, and the values of the keywords.
    """
    cdef PyObject *small[SMALL]
    cdef PyObject **pairs = small
    cdef PyObject *results = NULL
    cdef PyObject *receiver
    cdef PyObject *result
    cdef Entry *entry
    cdef Py_ssize_t i
    cdef Py_ssize_t n = 0
    cdef int reached
    if count > SMALL:
        pairs = <PyObject **>PyMem_Malloc(count * sizeof(PyObject *))
        if pairs == NULL:
            return PyErr_NoMemory()  # no cover: memory
    for i in range(count):
        entry = order[i] if order != NULL else &entries[i]
        if entry.how == WEAKLY:  # as nearly all are
            receiver = referent(entry.target)
            if receiver == NULL:
                continue
        else:
            receiver = get_receiver(entry)
            if receiver == NULL:
                break  # no cover: memory
        if not (<Connection>entry.connection).connected or receiver == Py_None:
            reached = receiver != Py_None and reaches(self, entry, stack[2])
            if reached <= 0:
                RELEASE(receiver)
                if reached < 0:
                    break
                continue
        if not entry.coroutine:
            result = call(receiver, NULL, stack, names)
        elif wrapper != NULL:
            result = call(receiver, wrapper, stack, names)
        else:
            result = NULL
            refuse(receiver)
        pairs[n] = paired(receiver, result)
        if pairs[n] == NULL:
            break
        n += 1
    else:
        # Only now, so that no half-filled list is ever seen by the code of receivers.
        results = PyList_New(n)
    for i in range(n):
        if results != NULL:
            PyList_SET_ITEM(results, i, pairs[i])
        else:
            RELEASE(pairs[i])
    if pairs != small:
        PyMem_Free(pairs)
    return results


cdef inline Py_ssize_t find_wrapper(PyObject *names, PyObject *wanted) noexcept:
    """Return where a name is among the names of keywords, or -1."""
    cdef PyObject *name
    cdef Py_ssize_t i
    for i in range(PyTuple_GET_SIZE(names)):
        name = PyTuple_GET_ITEM(names, i)
        if name == wanted or (not PyUnicode_CHECK_INTERNED(name) and PyUnicode_Compare(name, wanted) == 0):
            return i
    return -1


cdef PyObject *without(Core self, PyObject *names, Py_ssize_t left_out) noexcept:
    """Return a new reference to the names without one. A call site hands over the same tuple every time."""
    cdef PyObject *others
    cdef PyObject *old
    cdef PyObject *old_others
    cdef Py_ssize_t i
    if not FREE_THREADED and self.names == names:
        return NEW_REF(self.other_names)
    others = PyTuple_New(PyTuple_GET_SIZE(names) - 1)
    if others != NULL:
        for i in range(PyTuple_GET_SIZE(others)):
            PyTuple_SET_ITEM(others, i, NEW_REF(PyTuple_GET_ITEM(names, i + (i >= left_out))))
        if not FREE_THREADED:
            old, old_others = self.names, self.other_names
            self.names, self.other_names = NEW_REF(names), NEW_REF(others)
            RELEASE_ANY(old)  # which may run code that sends: both are in place by now
            RELEASE_ANY(old_others)
    return others


cdef PyObject *send_through(Core self, PyObject *sender, PyObject *names, PyObject **values) except NULL:
    """Send by way of ``receivers_for``."""
    cdef Py_ssize_t i
    keywords = {}
    if names != NULL:
        for i in range(PyTuple_GET_SIZE(names)):
            keywords[<object>PyTuple_GET_ITEM(names, i)] = <object>values[i]
    wrapper = keywords.pop("_async_wrapper", None)
    results = self._send_through(<object>sender, wrapper, keywords)
    return NEW_REF(<PyObject *>results)


cdef PyObject *send_to(
    Core self,
    PyObject *every,
    PyObject *own,
    PyObject *sender,
    PyObject *names,
    PyObject **values,
) noexcept:
    """Send to what two plans name, the second of which may be NULL."""
    cdef PyObject *small_stack[SMALL]
    cdef PyObject **stack = small_stack
    cdef Entry *small_order[SMALL]
    cdef Entry **order = NULL
    cdef PyObject *plan = sole(every, own)
    cdef Py_ssize_t count
    cdef Py_ssize_t keywords = 0
    cdef Py_ssize_t left_out = -1
    cdef Py_ssize_t i
    cdef PyObject *wrapper = NULL
    cdef PyObject *others = NULL
    cdef PyObject *results = NULL
    if names != NULL:
        keywords = PyTuple_GET_SIZE(names)
        left_out = find_wrapper(names, <PyObject *>self.wrapper_name)
        if left_out >= 0:
            keywords -= 1
            wrapper = values[left_out] if values[left_out] != Py_None else NULL
            names = others = without(self, names, left_out) if keywords else NULL
            if keywords and others == NULL:
                return NULL  # no cover: memory
    if keywords > SMALL - 3:
        stack = <PyObject **>PyMem_Malloc((keywords + 3) * sizeof(PyObject *))
    if stack != NULL:
        stack[2] = sender
        for i in range(keywords):
            stack[3 + i] = values[i + (left_out >= 0 and i >= left_out)]
        if plan != NULL:
            results = call_all(self, (<Plan>plan).entries, NULL, (<Plan>plan).count, stack, names, wrapper)
        else:
            order = merged(every, own, small_order, &count)
            if order != NULL:
                results = call_all(self, NULL, order, count, stack, names, wrapper)
                if order != small_order:
                    PyMem_Free(order)
        if stack != small_stack:
            PyMem_Free(stack)
    else:
        PyErr_NoMemory()  # no cover: memory
    RELEASE_ANY(others)
    return results


cdef PyObject *send(PyObject *signal, PyObject **arguments, Py_ssize_t positional, PyObject *names) except NULL:
    cdef Core self = <Core>signal
    cdef PyObject *sender = arguments[0] if positional else Py_None
    cdef PyObject **values = arguments + positional
    cdef PyObject *every = NULL
    cdef PyObject *own = NULL
    cdef PyObject *results
    if <size_t>positional > 1:  # -1: CPython 3.11 and 3.13.0 call it without self where such a call is hot
        raise TypeError(f"Signal.send() takes from 1 to 2 positional arguments but {positional + 1} were given")
    if PySet_GET_SIZE(<PyObject *>self._mutes):
        return PyList_New(0)
    if not self.is_plain():
        return send_through(self, sender, names, values)
    if self.is_empty():
        return PyList_New(0)
    self.plans(sender, &every, &own)
    if (<Plan>every).count == 0 and (own == NULL or (<Plan>own).count == 0):
        results = PyList_New(0)
    else:
        results = send_to(self, every, own, sender, names, values)
    RELEASE(every)
    RELEASE_ANY(own)
    return results


cdef class Dispatch:
    """The receivers that a send has to call, one after another, and whether each is a coroutine function."""

    cdef Core signal
    cdef object sender
    cdef PyObject *every
    cdef PyObject *own
    cdef Entry *entries
    cdef Entry **order  # NULL where the entries stand so
    cdef Py_ssize_t count
    cdef Py_ssize_t position

    @staticmethod
    cdef Dispatch of(Core signal, sender):
        cdef Dispatch self = Dispatch.__new__(Dispatch)
        cdef PyObject *plan
        self.signal = signal
        self.sender = sender
        signal.plans(<PyObject *>sender, &self.every, &self.own)
        plan = sole(self.every, self.own)
        if plan != NULL and signal._set_class is set:
            self.entries = (<Plan>plan).entries
            self.count = (<Plan>plan).count
            return self
        self.order = merged(self.every, self.own, NULL, &self.count)
        if self.order == NULL:
            raise MemoryError  # no cover: memory
        if signal._set_class is not set:
            self.arrange()
        return self

    @cython.final
    cdef int arrange(self) except -1:
        """Put the entries in the order that ``set_class`` gives them."""
        cdef Py_ssize_t i
        cdef Py_ssize_t n = 0
        cdef Entry **order = <Entry **>PyMem_Malloc(self.count * sizeof(Entry *))
        if order == NULL:
            raise MemoryError  # no cover: memory
        try:
            places = {(<Connection>self.order[i].connection).receiver.id: i for i in range(self.count)}
            for id in self.signal._arranged(*self.signal.ids_for(self.sender)):
                i = places.pop(id, -1)
                if i >= 0:
                    order[n] = self.order[i]
                    n += 1
        except BaseException:
            PyMem_Free(order)
            raise
        PyMem_Free(self.order)
        self.order = order
        self.count = n
        return 0

    def __dealloc__(self):
        PyMem_Free(self.order)
        RELEASE_ANY(self.every)
        RELEASE_ANY(self.own)

    def __iter__(self):
        return self

    def __next__(self):
        cdef PyObject *found
        cdef Entry *entry
        while self.position < self.count:
            entry = self.order[self.position] if self.order != NULL else &self.entries[self.position]
            self.position += 1
            found = get_receiver(entry)
            if found == NULL:
                raise_error()  # no cover: memory
            receiver = taken(found)
            if receiver is not None and (
                (<Connection>entry.connection).connected
                or self.signal._reaches((<Connection>entry.connection).receiver.id, self.sender)
            ):
                return receiver, entry.coroutine
        raise StopIteration


_plain = None  # the one receivers_for that a send may bypass


@cython.no_gc_clear
cdef class Core:
    """The hot half of :class:`aldis.Signal`."""

    cdef object __weakref__
    cdef PyObject *attributes  # the instance's dictionary, once it has one
    cdef readonly set _mutes  # what keeps the signal muted
    cdef readonly object _set_class  # what decides the order, if it is not set
    cdef PyObject *shown  # the public dictionary; None when it was deleted
    cdef object signal  # a weak reference to this signal
    cdef Guard guard
    cdef Table receivers
    cdef Table senders
    cdef Table connections
    cdef Sender any
    cdef uint64_t places  # connections ever made
    cdef Py_ssize_t changes  # changes ever made to the table
    cdef str wrapper_name  # a constant, nearer than the module's
    cdef unsigned int plain_version  # of the type, when it was last found plain
    cdef PyObject *names  # of keywords that were passed with a wrapper
    cdef PyObject *other_names  # the same without the wrapper

    def __cinit__(self, *args, **kwargs):
        self.shown = NEW_REF(Py_None)
        if EAGER_DICT:
            self.attributes = PyDict_New()  # no cover: Python 3.10 and 3.11
        self._mutes = set()
        self._set_class = getattr(type(self), "set_class", set)
        self.wrapper_name = "_async_wrapper"
        self.signal = ref(self)
        cdef Key key = Key(BY_NOTHING, 0, 0, 0, NULL)
        self.any = new_sender(self, &key, ANY)
        self.any.registered = True
        self._shown = Receivers(self)

    def __dealloc__(self):
        core_clear(<PyObject *>self)
        RELEASE_ANY(self.shown)

    @property
    def __dict__(self):
        return PyObject_GenericGetDict(self, NULL)

    @__dict__.setter
    def __dict__(self, attributes):
        PyObject_GenericSetDict(self, attributes, NULL)

    @property
    def _shown(self):
        guard_lock(&self.guard)
        cdef PyObject *shown = NEW_REF(self.shown)
        guard_unlock(&self.guard)
        return taken(shown)

    @_shown.setter
    def _shown(self, shown):
        guard_lock(&self.guard)
        cdef PyObject *old = self.shown
        self.shown = NEW_REF(<PyObject *>shown)
        guard_unlock(&self.guard)
        RELEASE(old)

    @staticmethod
    def _complete(signal_type):
        """Complete the class of signals, whose ``receivers_for`` is the only one that a send may bypass."""
        global _plain
        _plain = signal_type.receivers_for
        # Python calls a method of the very class of its instance fastest.
        signal_type.send = PyDescr_NewMethod(<Type *><PyObject *>signal_type, &send_method)

    def _own(self, str name):
        """Return the instance's own attribute, or None."""
        return None if self.attributes == NULL else dict.get(<object>self.attributes, name)

    @cython.final
    cdef inline bint is_plain(self) except -1:
        """Tell whether ``receivers_for`` and the order are the signal's own, so that a send need not ask for them."""
        cdef unsigned int version = type_version(Py_TYPE(<PyObject *>self))
        if version == 0 or version != self.plain_version or (
            self.attributes != NULL and PyDict_GET_SIZE(self.attributes)
        ):
            return self.look_if_plain(version)
        return True

    @cython.final
    cdef bint look_if_plain(self, unsigned int version) except -1:
        if self._set_class is not set or (
            self.attributes != NULL and PyDict_Contains(self.attributes, "receivers_for")
        ):
            return False
        if version != 0 and version == self.plain_version:
            return True
        if type(self).receivers_for is not _plain:
            return False
        # Looking attributes up gives a type its version: it may be there only next time.
        self.plain_version = version if version == type_version(Py_TYPE(<PyObject *>self)) else 0
        return True

    @cython.final
    cdef inline bint is_empty(self) noexcept:
        return guard_count(&self.connections.count) == 0

    # Sending. A method with the raw signature of ``send`` cannot be defined here: ``_complete`` adds it.

    def has_receivers_for(self, sender):
        """Tell whether a :meth:`send` to ``sender`` would find a receiver.

        :param sender: any object; for :data:`ANY`, only receivers that are connected to it count.
        :returns: whether there is one.

        .. versionadded:: 1.0
        """
        cdef PyObject *every = NULL
        cdef PyObject *own = NULL
        if self.is_empty():
            return False
        self.plans(<PyObject *>sender, &every, &own)
        cdef bint found = (<Plan>every).count or (own != NULL and (<Plan>own).count)
        RELEASE(every)
        RELEASE_ANY(own)
        return found

    def _awaited(self, sender):
        """Return what a ``send_async`` has to call, as pairs."""
        if not self.is_plain():
            return self._ask(sender)
        if self.is_empty() or PySet_GET_SIZE(<PyObject *>self._mutes):
            return ()
        return Dispatch.of(self, sender)

    def _dispatch(self, sender):
        """Yield each receiver that a send to ``sender`` has to call, and whether it is a coroutine function."""
        return () if self.is_empty() else Dispatch.of(self, sender)

    def _reaches(self, receiver_id, sender):
        """Tell whether a receiver is connected to the sender, or to ANY, at this moment."""
        cdef Key key
        cdef Receiver known = <Receiver>self.find_id(&self.receivers, receiver_id)
        cdef Sender to
        if known is None:
            return False
        key_of_sender(<PyObject *>sender, &key)
        to = <Sender>self.find(&self.senders, &key)
        guard_lock(&self.guard)
        found = find_connection(&self.connections, <PyObject *>known, <PyObject *>self.any)
        if found == NULL and to is not None:
            found = find_connection(&self.connections, <PyObject *>known, <PyObject *>to)
        guard_unlock(&self.guard)
        return found != NULL

    @cython.final
    cdef int plans(self, PyObject *sender, PyObject **every, PyObject **own) except -1:
        """Find what a send to ``sender`` has to call: new references to the plan of ANY and the sender's, or NULL."""
        cdef Key key
        cdef Py_ssize_t changes
        cdef PyObject *known = NULL
        cdef bint ask = False
        cdef int side
        key.kind = BY_NOTHING
        if guard_count(&self.senders.count) or Py_TYPE(sender).tp_flags & (
            Py_TPFLAGS_UNICODE_SUBCLASS | Py_TPFLAGS_LONG_SUBCLASS  # an error where it has no hash
        ):
            key_of_sender(sender, &key)
        side = guard_enter(&self.guard)
        changes = guard_count(&self.changes)
        every[0] = guard_load(&self.any.plan)
        if key.kind != BY_NOTHING:
            known = find_endpoint(&self.senders, &key, &ask)
            if known != NULL and is_dead(<Sender>known, &key):
                known = NULL  # no cover: memory
        if known != NULL:
            own[0] = guard_load(&(<Sender>known).plan)
        if every[0] == NULL or (known != NULL and own[0] == NULL) or ask or guard_count(&self.changes) != changes:
            guard_leave(&self.guard, side)
            every[0] = own[0] = NULL
            return self.make_plans(&key, every, own)
        RETAIN(every[0])
        if own[0] != NULL:
            RETAIN(own[0])
        guard_leave(&self.guard, side)
        return 0

    @cython.final
    cdef int make_plans(self, Key *key, PyObject **every, PyObject **own) except -1:
        """Make the plans, from the connections of one moment, and keep those that are still right then."""
        cdef Plan every_plan = Plan.__new__(Plan)
        cdef Plan own_plan = Plan.__new__(Plan)
        cdef Sender known = None if key.kind == BY_NOTHING else <Sender>self.find(&self.senders, key)
        cdef Py_ssize_t changes
        cdef bint enough = True
        guard_lock(&self.guard)
        changes = self.changes
        shown = <object>self.shown
        if self.any.plan != NULL:
            every[0] = NEW_REF(self.any.plan)
        else:
            enough = gather(self.any, self.any, &self.connections, every_plan)
        if known is not None and (not known.registered or is_dead(known, key)):
            known = None
        if known is not None and known.plan != NULL:
            own[0] = NEW_REF(known.plan)
        elif known is not None:
            enough = enough and gather(known, self.any, &self.connections, own_plan)
        guard_unlock(&self.guard)
        try:
            if not enough:
                raise MemoryError  # no cover: memory
            if every[0] == NULL:
                resolve(every_plan, shown)
                every[0] = self.published(self.any, every_plan, changes)
            if known is not None and own[0] == NULL:
                resolve(own_plan, shown)
                own[0] = self.published(known, own_plan, changes)
        except BaseException:
            RELEASE_ANY(every[0])
            RELEASE_ANY(own[0])
            every[0] = own[0] = NULL
            raise
        return 0

    @cython.final
    cdef PyObject *published(self, Sender sender, Plan plan, Py_ssize_t changes) noexcept:
        """Keep the plan, unless it is out of date already. Returns a new reference to it."""
        cdef PyObject *old = NULL
        guard_lock(&self.guard)
        if self.changes == changes:
            old = sender.plan
            guard_store(&sender.plan, NEW_REF(<PyObject *>plan))
            if old != NULL:
                guard_wait(&self.guard)  # no cover: threads
        guard_unlock(&self.guard)
        RELEASE_ANY(old)
        return NEW_REF(<PyObject *>plan)

    @cython.final
    cdef tuple ids_for(self, sender):
        """Return the identities of the receivers of ANY, and of those of the sender, each in order of connection."""
        cdef Key key
        key_of_sender(<PyObject *>sender, &key)
        return self.ids_of(self.any), self.ids_of(self.find(&self.senders, &key))

    @cython.final
    cdef list ids_of(self, Sender sender):
        cdef PyObject *found
        ids = []
        if sender is not None:
            guard_lock(&self.guard)
            try:
                found = sender.first
                while found != NULL:
                    ids.append((<Connection>found).receiver.id)
                    found = (<Connection>found).sender_next
            finally:
                guard_unlock(&self.guard)
        return ids

    # Changing the table

    @cython.final
    cdef Endpoint find(self, Table *table, Key *key):
        """Return the endpoint with that identity, or None."""
        cdef bint ask = False
        cdef Block *block
        cdef PyObject *found
        cdef size_t i
        guard_lock(&self.guard)
        found = find_endpoint(table, key, &ask)
        if found != NULL:
            RETAIN(found)
        guard_unlock(&self.guard)
        if found != NULL:
            return taken(found)
        if ask:  # strings or numbers with an __eq__ of their own
            candidates, values = [], []  # which are filled without a chance for the collector
            guard_lock(&self.guard)
            try:
                block = table.block
                if block != NULL:
                    for i in range(block.mask + 1):
                        found = block.slots[i]
                        if found != NULL and found != DELETED and (<Endpoint>found).kind == key.kind and (
                            (<Endpoint>found).a == key.a
                        ):
                            candidates.append(<Endpoint>found)
                            values.append(<object>(<Endpoint>found).handle)
            finally:
                guard_unlock(&self.guard)
            for endpoint, value in zip(candidates, values):
                if value == <object>key.value:
                    return endpoint
        return None

    @cython.final
    cdef Endpoint find_id(self, Table *table, id):
        cdef Key key
        return self.find(table, &key) if key_from_id(id, &key) else None

    @cython.final
    cdef Receiver find_receiver(self, receiver):
        cdef Key key
        key_of_receiver(<PyObject *>receiver, &key)
        return <Receiver>self.find(&self.receivers, &key)

    @cython.final
    cdef Sender find_sender(self, sender):
        cdef Key key
        if <PyObject *>sender == self.any.handle:
            return self.any
        key_of_sender(<PyObject *>sender, &key)
        return <Sender>self.find(&self.senders, &key)

    @cython.final
    cdef object object_of(self, Endpoint known):
        """Return the receiver or the sender itself, or None when it is dead."""
        guard_lock(&self.guard)
        handle = None if known.handle == NULL else <object>known.handle
        guard_unlock(&self.guard)
        return handle() if known.weak and handle is not None else handle

    def _connect(self, receiver, sender, bint weak):
        """Connect a pair. Return whether it was connected strongly before; None, if it was not connected."""
        cdef Key receiver_key, sender_key
        cdef Receiver known
        cdef Sender to
        cdef Py_ssize_t changes
        cdef How before = NOT_AT_ALL
        key_of_receiver(<PyObject *>receiver, &receiver_key)
        if <PyObject *>sender != self.any.handle:
            key_of_sender(<PyObject *>sender, &sender_key)
        while True:
            changes = guard_count(&self.changes)
            known = <Receiver>self.find(&self.receivers, &receiver_key)
            if known is not None and known.weak:
                present = self.object_of(known)
                if present is not receiver:
                    if self.is_made_anew(known):
                        self.renew(known, receiver)
                        continue
                    if present is None:  # dead, and another object has got its identity
                        self.unlink_receiver(known)  # no cover: memory
                        continue  # no cover: memory
            to = self.any
            if <PyObject *>sender != self.any.handle:
                to = <Sender>self.find(&self.senders, &sender_key)
                if to is not None and self.has_died(to, &sender_key):
                    self.unlink_sender(to)  # no cover: memory
                    continue  # no cover: memory
                if to is None:
                    to = new_sender(self, &sender_key, sender)
            try:
                if known is None:
                    known = new_receiver(self, &receiver_key, receiver)
                if weak and not known.weak:
                    raise cannot_be_weak(receiver)
                if self.shown == Py_None:
                    self._shown = Receivers(self)
                if self.connect_endpoints(known, to, receiver, weak, changes, &before):
                    break
            finally:  # an endpoint and the weak reference to it refer to each other
                if not to.registered:
                    self.let_go(to)
                if known is not None and not known.registered:
                    self.let_go(known)
        return None if before == NOT_AT_ALL else before == STRONGLY

    @cython.final
    cdef bint connect_endpoints(
        self, Receiver known, Sender to, receiver, bint weak, Py_ssize_t changes, How *before
    ) except -1:
        """Connect them, unless there were other changes meanwhile. Tell whether it was done."""
        cdef Connection connection = Connection.__new__(Connection)
        cdef Scraps scraps = Scraps(NULL, NULL, NULL, NULL, NULL)
        cdef PyObject *found
        guard_lock(&self.guard)
        if self.changes != changes or self.shown == Py_None:  # by another thread, or by code that ran on the way here
            guard_unlock(&self.guard)
            return False
        found = find_connection(&self.connections, <PyObject *>known, <PyObject *>to)
        if found != NULL:
            connection = <Connection>found
            before[0] = STRONGLY if connection.strong else WEAKLY
        if not (
            (known.registered or table_reserve(&self.receivers, &scraps))
            and (to.registered or table_reserve(&self.senders, &scraps))
            and (found != NULL or table_reserve(&self.connections, &scraps))
            and self.show(known, <PyObject *>receiver, known.strong + (not weak) - connection.strong, &scraps)
        ):
            self.finish(&scraps)  # no cover: memory
            raise MemoryError  # no cover: memory
        if found == NULL:
            self.link(connection, known, to)
        known.strong += (not weak) - connection.strong
        connection.strong = not weak
        self.drop_plans_of(connection, &scraps)
        guard_set_count(&self.changes, changes + 1)
        self.finish(&scraps)
        return True

    def _end(self, receiver, sender):
        """Disconnect a pair, or for ANY the receiver from all senders."""
        cdef Receiver known = self.find_receiver(receiver)
        if <PyObject *>sender != self.any.handle:
            self.set_strength(known, self.find_sender(sender), None)
        elif known is not None:
            self.unlink_receiver(known)
        else:
            self.hide(make_receiver_id(receiver))

    def _disconnect(self, receiver_id, sender_id):
        """Do the same for identities, of which ``ANY_ID`` is that of ANY."""
        cdef Receiver known = <Receiver>self.find_id(&self.receivers, receiver_id)
        if sender_id != ANY_ID:
            self.set_strength(known, <Sender>self.find_id(&self.senders, sender_id), None)
        elif known is not None:
            self.unlink_receiver(known)
        else:
            self.hide(receiver_id)

    @cython.final
    cdef int hide(self, id) except -1:
        """Take out of the public dictionary what was put there from outside."""
        shown = self._shown
        if shown is not None:
            dict.pop(shown, id, None)
        return 0

    def _restore(self, receiver, sender, strong):
        """Make one pair what ``_connect`` said it was."""
        self.set_strength(self.find_receiver(receiver), self.find_sender(sender), strong)

    def _clear_state(self):
        """Disconnect everything."""
        cdef Scraps scraps = Scraps(NULL, NULL, NULL, NULL, NULL)
        shown = self._shown
        if shown is not None:
            for id in list(dict.keys(shown)):  # in one go, as a subclass of dict is not listed
                if self.find_id(&self.receivers, id) is None:
                    self.hide(id)
        guard_lock(&self.guard)
        self.unlink_all(&scraps)
        self.finish(&scraps)

    def _receivers_changed(self):
        """Take notice that the public dictionary was changed, or replaced, from outside."""
        cdef Scraps scraps = Scraps(NULL, NULL, NULL, NULL, NULL)
        cdef Block *block
        cdef size_t i
        cdef PyObject *found
        dead, handles = [], []
        guard_lock(&self.guard)
        try:
            drop_plan(self.any, &scraps)
            block = self.senders.block
            if block != NULL:
                for i in range(block.mask + 1):
                    if block.slots[i] != NULL and block.slots[i] != DELETED:
                        drop_plan(<Sender>block.slots[i], &scraps)
            block = self.receivers.block
            if block != NULL:
                for i in range(block.mask + 1):
                    found = block.slots[i]
                    if found != NULL and found != DELETED and (<Receiver>found).weak and (
                        referred((<Receiver>found).handle) == Py_None
                    ):
                        dead.append(<Receiver>found)
                        handles.append(<object>(<Receiver>found).handle)
        finally:
            guard_set_count(&self.changes, self.changes + 1)
            self.finish(&scraps)
        for known, handle in zip(dead, handles):  # what had been put in its place from outside may be gone as well
            self.bury(known, handle)

    def _strength(self, receiver, sender):
        """Tell whether a pair is connected strongly; None, if it is not connected."""
        cdef Receiver known = self.find_receiver(receiver)
        cdef Sender to = self.find_sender(sender)
        cdef PyObject *found = NULL
        cdef bint strong = False
        if known is not None and to is not None:
            guard_lock(&self.guard)
            found = find_connection(&self.connections, <PyObject *>known, <PyObject *>to)
            strong = found != NULL and (<Connection>found).strong
            guard_unlock(&self.guard)
        return None if found == NULL else strong

    def _connections(self):
        """Return identity of the receiver, identity of the sender, receiver, sender and strength of each connection,
        in order.
        """
        cdef Block *block
        cdef Connection connection
        cdef PyObject *found
        cdef size_t i
        connections, receivers, senders = [], [], []  # which are filled without a chance for the collector
        guard_lock(&self.guard)
        try:
            block = self.connections.block
            if block != NULL:
                for i in range(block.mask + 1):
                    found = block.slots[i]
                    if found != NULL and found != DELETED:
                        connections.append(<Connection>found)
                        receivers.append(<object>(<Connection>found).receiver.handle)
                        senders.append(<object>(<Connection>found).sender.handle)
        finally:
            guard_unlock(&self.guard)
        in_order = []
        for each, receiver, sender in zip(connections, receivers, senders):
            # by comprehension, Cython 3.3 would release twice what there is no memory to list
            in_order.append(((<Connection>each).place, each, receiver, sender))
        in_order.sort()  # by their places, of which no two are equal
        listed = []
        for _, each, receiver, sender in in_order:
            connection = each
            if connection.receiver.weak:
                receiver = receiver()
            if connection.sender.weak:
                sender = sender()
            if receiver is not None and (sender is not None or not connection.sender.weak):
                sender_id = id_of(connection.sender.kind, connection.sender.a, connection.sender.b, <PyObject *>sender)
                listed.append((connection.receiver.id, sender_id, receiver, sender, bool(connection.strong)))
        return listed

    @cython.final
    cdef int bury(self, Receiver dead, handle) except -1:
        """End the connections of a receiver that has died, of which the handle tells."""
        shown = self._shown
        if shown is not None:
            found = dict.get(shown, dead.id)
            if found is not None and found is not handle and make_receiver_id(found) != dead.id:
                return 0  # another was put in its place from outside, and lives
        return self.unlink_receiver(dead, <PyObject *>handle)

    @cython.final
    cdef int unlink_receiver(self, Receiver known, PyObject *handle=NULL) except -1:
        """End the connections of a receiver; those of a dead one only as long as the same handle holds it."""
        cdef Scraps scraps = Scraps(NULL, NULL, NULL, NULL, NULL)
        guard_lock(&self.guard)
        if known.registered and (handle == NULL or handle == known.handle):
            while known.first != NULL:
                self.unlink(<Connection>known.first, &scraps)
            self.settle(known, &scraps)
        guard_set_count(&self.changes, self.changes + 1)
        self.finish(&scraps)
        return 0

    @cython.final
    cdef int unlink_sender(self, Sender known) except -1:
        """End the connections of a sender."""
        cdef Scraps scraps = Scraps(NULL, NULL, NULL, NULL, NULL)
        cdef Receiver receiver
        guard_lock(&self.guard)
        while known.first != NULL:
            receiver = (<Connection>known.first).receiver
            self.unlink(<Connection>known.first, &scraps)
            self.settle(receiver, &scraps)
        guard_set_count(&self.changes, self.changes + 1)
        self.finish(&scraps)
        return 0

    @cython.final
    cdef int set_strength(self, Receiver known, Sender to, strong) except -1:
        """Let the connection of a pair, if there is one, keep its receiver alive or not; None ends it."""
        cdef Scraps scraps = Scraps(NULL, NULL, NULL, NULL, NULL)
        cdef PyObject *found
        cdef bint wanted = strong is True
        if known is None or to is None:
            return 0
        receiver = self.object_of(known) if wanted else None
        guard_lock(&self.guard)
        found = find_connection(&self.connections, <PyObject *>known, <PyObject *>to)
        if found != NULL and strong is None:
            self.unlink(<Connection>found, &scraps)
            self.settle(known, &scraps)
        elif found != NULL and (receiver is not None or not wanted):
            known.strong += wanted - (<Connection>found).strong
            (<Connection>found).strong = wanted
            if (wanted or not known.strong) and self.is_shown(known):  # else what was done to it from outside stays
                self.show(known, <PyObject *>receiver, wanted, &scraps)
        guard_set_count(&self.changes, self.changes + 1)
        self.finish(&scraps)
        return 0

    @cython.final
    cdef bint has_died(self, Sender known, Key *key) noexcept:
        """Tell whether another object has got the sender's identity."""
        guard_lock(&self.guard)
        cdef bint dead = known.handle != NULL and is_dead(known, key)
        guard_unlock(&self.guard)
        return dead

    @cython.final
    cdef bint is_made_anew(self, Receiver known) noexcept:
        """Tell whether the receiver is a bound builtin which lives no longer than one of many equal objects."""
        cdef bint anew = known.kind == BY_BUILTIN or known.kind == BY_WRAPPER
        guard_lock(&self.guard)
        anew = anew and known.handle != NULL and Py_TYPE(known.handle) == &PyWeakref_RefType
        guard_unlock(&self.guard)
        return anew

    @cython.final
    cdef int renew(self, Receiver known, receiver) except -1:
        """Hold another object that has the same identity."""
        reference = ref(receiver, known)
        cdef PyObject *handle = NEW_REF(<PyObject *>reference)
        cdef Scraps scraps = Scraps(NULL, NULL, NULL, NULL, NULL)
        guard_lock(&self.guard)
        if known.registered:
            self.drop_plans_with(known, &scraps)
            handle, known.handle = known.handle, handle
            guard_set_count(&self.changes, self.changes + 1)
        self.finish(&scraps)
        RELEASE_ANY(handle)
        return 0

    # With the lock held

    @cython.final
    cdef bint show(self, Receiver known, PyObject *receiver, Py_ssize_t strong, Scraps *scraps) noexcept:
        """Put the receiver, or the weak reference to it, into the public dictionary. Tell whether there was memory."""
        cdef PyObject *value = receiver if strong else known.handle
        cdef PyObject *old = NULL if self.shown == Py_None else dict_value(self.shown, <PyObject *>known.id)
        cdef Value *kept
        if old == NULL or not is_own(known, old):  # the receiver was taken out, or another put in its place
            self.drop_plans_with(known, scraps)
        if old == value:
            RELEASE_ANY(old)
            return True
        if old != NULL:  # to be let go of only after the change
            kept = <Value *>PyMem_Malloc(sizeof(Value))
            if kept == NULL:
                RELEASE(old)  # no cover: memory
                return False  # no cover: memory
            kept.next = scraps.values
            kept.value = old
            scraps.values = kept
        if PyDict_SetItem(self.shown, <PyObject *>known.id, value) < 0:
            PyErr_Clear()  # no cover: memory
            return False  # no cover: memory
        return True

    @cython.final
    cdef bint is_shown(self, Receiver known) noexcept:
        """Tell whether the public dictionary has the receiver's own entry."""
        cdef PyObject *target = NULL if self.shown == Py_None else dict_value(self.shown, <PyObject *>known.id)
        cdef bint own = target != NULL and is_own(known, target)
        RELEASE_ANY(target)
        return own

    @cython.final
    cdef void link(self, Connection connection, Receiver known, Sender to) noexcept:
        """Add a connection to the tables, which have room for it."""
        self.places += 1
        connection.place = self.places
        connection.receiver = known
        connection.sender = to
        connection.connected = True
        connection.hash = mixed(<size_t><PyObject *>known, <size_t><PyObject *>to)
        table_add(&self.connections, connection)
        if not known.registered:
            known.registered = True
            table_add(&self.receivers, known)
        if not to.registered:
            to.registered = True
            table_add(&self.senders, to)
        connection.receiver_previous = known.last
        if known.last != NULL:
            (<Connection>known.last).receiver_next = <PyObject *>connection
        else:
            known.first = <PyObject *>connection
        known.last = <PyObject *>connection
        connection.sender_previous = to.last
        if to.last != NULL:
            (<Connection>to.last).sender_next = <PyObject *>connection
        else:
            to.first = <PyObject *>connection
        to.last = <PyObject *>connection

    @cython.final
    cdef void unlink(self, Connection connection, Scraps *scraps) noexcept:
        """Take a connection out of the tables. ``settle`` has to follow for its receiver."""
        cdef Receiver known = connection.receiver
        cdef Sender to = connection.sender
        self.drop_plans_of(connection, scraps)
        connection.connected = False
        if connection.receiver_previous != NULL:
            (<Connection>connection.receiver_previous).receiver_next = connection.receiver_next
        else:
            known.first = connection.receiver_next
        if connection.receiver_next != NULL:
            (<Connection>connection.receiver_next).receiver_previous = connection.receiver_previous
        else:
            known.last = connection.receiver_previous
        if connection.sender_previous != NULL:
            (<Connection>connection.sender_previous).sender_next = connection.sender_next
        else:
            to.first = connection.sender_next
        if connection.sender_next != NULL:
            (<Connection>connection.sender_next).sender_previous = connection.sender_previous
        else:
            to.last = connection.sender_previous
        known.strong -= connection.strong
        table_remove(&self.connections, connection, &scraps.others, scraps)
        if to.first == NULL and to is not self.any:
            to.registered = False
            table_remove(&self.senders, to, &scraps.senders, scraps)

    @cython.final
    cdef void settle(self, Receiver known, Scraps *scraps) noexcept:
        """Forget a receiver without connections; hold one weakly that no connection keeps alive."""
        cdef PyObject *found
        if known.first != NULL and known.strong:
            return
        found = dict_value(self.shown, <PyObject *>known.id) if self.shown != Py_None else NULL
        if known.first == NULL:
            known.registered = False
            known.dropped = found
            table_remove(&self.receivers, known, &scraps.receivers, scraps)
            if found != NULL and PyDict_DelItem(self.shown, <PyObject *>known.id) < 0:
                PyErr_Clear()  # no cover: memory
        elif found != NULL:
            if is_own(known, found):
                self.show(known, NULL, 0, scraps)  # without memory for that, it stays as it is
            RELEASE(found)

    @cython.final
    cdef void drop_plans_of(self, Connection connection, Scraps *scraps) noexcept:
        """Let the plans be made anew that a change of the connection touches."""
        drop_plan(connection.sender, scraps)
        if connection.sender is self.any:
            self.drop_plans_with(connection.receiver, scraps)

    @cython.final
    cdef void drop_plans_with(self, Receiver known, Scraps *scraps) noexcept:
        """Let the plans be made anew that the receiver is part of."""
        cdef PyObject *found = known.first
        while found != NULL:
            drop_plan((<Connection>found).sender, scraps)
            found = (<Connection>found).receiver_next

    @cython.final
    cdef void unlink_all(self, Scraps *scraps) noexcept:
        cdef Block *block = self.connections.block  # it stays what it is until the change is over
        cdef size_t i
        cdef PyObject *found
        cdef Receiver known
        if block != NULL:
            for i in range(block.mask + 1):
                found = block.slots[i]
                if found != NULL and found != DELETED:
                    known = (<Connection>found).receiver
                    self.unlink(<Connection>found, scraps)
                    if known.first == NULL:
                        self.settle(known, scraps)
        guard_set_count(&self.changes, self.changes + 1)

    @cython.final
    cdef void finish(self, Scraps *scraps) noexcept:
        """Give the lock back, and let go of what the change took out."""
        cdef PyObject *part
        cdef PyObject *dropped
        cdef Block *block
        cdef Value *value
        if scraps.receivers != NULL or scraps.senders != NULL or scraps.others != NULL or scraps.blocks != NULL:
            guard_wait(&self.guard)
        guard_unlock(&self.guard)
        while scraps.blocks != NULL:
            block = scraps.blocks
            scraps.blocks = block.next
            PyMem_Free(block)
        while scraps.values != NULL:
            value = scraps.values
            scraps.values = value.next
            RELEASE(value.value)
            PyMem_Free(value)
        while scraps.others != NULL:
            part = scraps.others
            scraps.others = (<Scrap>part).next_scrap
            RELEASE(part)
        while scraps.senders != NULL:
            part = scraps.senders
            scraps.senders = (<Scrap>part).next_scrap
            self.let_go(<Endpoint>part)
            RELEASE(part)
        while scraps.receivers != NULL:
            part = scraps.receivers
            scraps.receivers = (<Scrap>part).next_scrap
            self.let_go(<Endpoint>part)
            dropped = (<Receiver>part).dropped
            (<Receiver>part).dropped = NULL
            RELEASE_ANY(dropped)
            RELEASE(part)

    @cython.final
    cdef inline void let_go(self, Endpoint known) noexcept:
        """Take the handle from an endpoint: its weak reference and it refer to each other."""
        cdef PyObject *handle
        if CALLS_BACK_LATE and known.weak and known.handle != NULL and is_dying(known):
            return  # no cover: Python 3.10 and 3.11; it waits for the endpoint to be called
        guard_lock(&self.guard)
        handle = known.handle
        known.handle = NULL
        guard_unlock(&self.guard)
        RELEASE_ANY(handle)


cdef inline bint is_dying(Endpoint known) noexcept:
    """Tell whether the weak reference's object has been let go of, and the endpoint not been called yet."""
    cdef PyObject *other = known.handle  # no cover: Python 3.10 and 3.11
    if known.kind == BY_METHOD:  # no cover: Python 3.10 and 3.11
        other = <PyObject *>(<object>known.handle).function  # no cover: Python 3.10 and 3.11
    return awaits_call(known.handle) or awaits_call(other)  # no cover: Python 3.10 and 3.11


cdef inline void let_go_late(Endpoint known, handle) noexcept:
    """Take the handle that was kept for this call from an endpoint that is in no table any more."""
    if CALLS_BACK_LATE and not known.registered and known.handle == <PyObject *>handle:
        known.handle = NULL  # no cover: Python 3.10 and 3.11
        RELEASE(<PyObject *>handle)  # no cover: Python 3.10 and 3.11


cdef Receiver new_receiver(Core signal, Key *key, receiver):
    cdef Receiver known = Receiver.__new__(Receiver)
    known.id = id_of(key.kind, key.a, key.b, <PyObject *>receiver)
    known.coroutine = -1
    hold(signal, known, key, receiver)
    return known


cdef Sender new_sender(Core signal, Key *key, sender):
    cdef Sender known = Sender.__new__(Sender)
    hold(signal, known, key, sender)
    return known


cdef int hold(Core signal, Endpoint known, Key *key, obj) except -1:
    known.signal = signal.signal
    known.kind = key.kind
    known.a = key.a
    known.b = key.b
    known.hash = key.hash
    if key.value == NULL and key.kind != BY_NOTHING:  # what is known by value stays when the object goes
        try:
            handle = PyWeakref_NewRef(obj, known) if key.kind == BY_ADDRESS else make_ref(obj, known)
            known.weak = True
        except TypeError:
            handle = obj
    else:
        handle = obj
    known.handle = NEW_REF(<PyObject *>handle)
    return 0


# What Cython's classes cannot have: a method with the raw signature, an instance dictionary that is made only when it
# is needed, and sight of what the tables hold for the garbage collector.

cdef int visit_plan(PyObject *plan, visitproc visit, void *arg) noexcept:
    cdef Py_ssize_t i
    cdef int result = 0
    if plan != NULL:
        for i in range((<Plan>plan).count):
            result = visit((<Plan>plan).entries[i].target, arg)
            if result:
                break
    return result


cdef int visit_endpoints(Table *table, bint receivers, visitproc visit, void *arg) noexcept:
    """Visit what a table of receivers, or of senders, holds."""
    cdef size_t i
    cdef PyObject *found
    cdef int result = 0
    if table.block != NULL:
        for i in range(table.block.mask + 1):
            found = table.block.slots[i]
            if found == NULL or found == DELETED:
                continue
            if not (<Endpoint>found).weak:
                result = visit((<Endpoint>found).handle, arg)
            if not result and not receivers:
                result = visit_plan((<Sender>found).plan, visit, arg)
            if result:
                break
    return result


cdef int core_traverse(PyObject *signal, visitproc visit, void *arg) noexcept:
    cdef Core self = <Core>signal
    cdef int result = traverse_attributes(signal, visit, arg)
    if not result and self.attributes != NULL:
        result = visit(self.attributes, arg)
    if not result and self.shown != NULL:
        result = visit(self.shown, arg)
    if not result and self.names != NULL:
        result = visit(self.names, arg)
    if not result and self.other_names != NULL:
        result = visit(self.other_names, arg)
    if not result and self.any is not None:
        result = visit_plan(self.any.plan, visit, arg)
    if not result:
        result = visit_endpoints(&self.receivers, True, visit, arg)
    if not result:
        result = visit_endpoints(&self.senders, False, visit, arg)
    return result


cdef int dispatch_traverse(PyObject *dispatch, visitproc visit, void *arg) noexcept:
    cdef PyObject *every = (<Dispatch>dispatch).every
    cdef PyObject *own = (<Dispatch>dispatch).own
    cdef int result = traverse_dispatch(dispatch, visit, arg)
    # What others hold as well, the signal above all, is theirs to show.
    if not result and every != NULL and Py_REFCNT(every) == 1:
        result = visit_plan(every, visit, arg)
    if not result and own != NULL and Py_REFCNT(own) == 1:
        result = visit_plan(own, visit, arg)
    return result


cdef int core_clear(PyObject *signal) noexcept:
    cdef Core self = <Core>signal
    cdef Scraps scraps = Scraps(NULL, NULL, NULL, NULL, NULL)
    cdef PyObject *shown = self.shown
    cdef PyObject *attributes = self.attributes
    cdef PyObject *names = self.names
    cdef PyObject *other_names = self.other_names
    self.attributes = self.names = self.other_names = NULL
    if shown != NULL:
        self.shown = NEW_REF(Py_None)  # who holds the dictionary keeps what is in it
        guard_lock(&self.guard)
        self.unlink_all(&scraps)
        self.finish(&scraps)
    RELEASE_ANY(shown)
    RELEASE_ANY(attributes)
    RELEASE_ANY(names)
    RELEASE_ANY(other_names)
    return 0


cdef int complete() except -1:
    cdef Type *type = <Type *><PyObject *>Core
    cdef Core core
    cdef bytes doc
    global PyMethodWrapper_Type, traverse_attributes, traverse_dispatch
    PyMethodWrapper_Type = <Type *><PyObject *>MethodWrapperType
    if send_method.ml_doc == NULL:  # once for all interpreters, and for good
        doc = f"send($self, sender=None, /, *, _async_wrapper=None, **kwargs)\n--\n\n{_Reference.send.__doc__}".encode()
        send_method.ml_name = "send"
        send_method.ml_meth = as_fastcall(<void *>send)
        send_method.ml_flags = METH_FASTCALL | METH_KEYWORDS
        guard_at_forks()
        send_method.ml_doc = strdup(doc)  # last, as it tells others that all is there
    core = Core.__new__(Core)
    type.tp_dictoffset = <char *>&core.attributes - <char *><PyObject *>core
    traverse_attributes = type.tp_traverse
    type.tp_traverse = core_traverse
    type.tp_clear = core_clear
    PyType_Modified(type)
    type = <Type *><PyObject *>Dispatch
    traverse_dispatch = type.tp_traverse
    type.tp_traverse = dispatch_traverse
    return 0


complete()
