"""Calling the receivers of a snapshot. Included in ``_dispatch_c.pyx``."""

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

    cdef object receiver(self):
        """Return the receiver, or None if it is dead."""
        return self.target if self.kind == STRONG else self.target()


cdef int set_error(error) noexcept:
    """Set an exception for a function without Cython's handling of exceptions: it would add frames to tracebacks."""
    PyErr_SetObject(type(error), error)
    return -1


cdef PyObject *get_receiver(PyObject *entry, PyObject **function) noexcept:
    """Return a new reference to the receiver, or NULL if it is dead or after an error.

    For a bound method, return its instance, and set a new reference to its function.
    """
    cdef PyObject *target = <PyObject *>(<Entry>entry).target
    cdef PyObject *receiver
    function[0] = NULL
    if (<Entry>entry).kind == WEAK:
        return referent(target)
    if (<Entry>entry).kind == STRONG:
        return Py_NewRef(target)
    if (<Entry>entry).kind == CUSTOM:
        receiver = PyObject_CallNoArgs(target)
        if receiver == Py_None:
            Py_CLEAR(receiver)
        return receiver
    receiver = referent(target)
    if receiver != NULL:
        function[0] = referent(<PyObject *>(<Entry>entry).function)
        if function[0] == NULL:
            Py_CLEAR(receiver)
    return receiver


cdef PyObject *bind(PyObject *function, PyObject *receiver) noexcept:
    """Return the bound method of a function, or the receiver itself if there is none. Takes over the references."""
    cdef PyObject *method
    if function == NULL:
        return receiver
    method = PyMethod_New(function, receiver)
    Py_DECREF(function)
    Py_DECREF(receiver)
    return method


cdef int look_again(Dispatch self, PyObject *entry, PyObject *receiver, PyObject *sender) noexcept:
    """Return whether to call a receiver although its connection has ended: it may have another one.

    Forget a receiver that has died. Return -1 for an error.
    """
    try:
        if receiver != NULL:
            return self._is_connected((<Entry>entry).connection.receiver, <object>sender)
        if (<Entry>entry).connection.connected:
            self._forget((<Entry>entry).connection.receiver)
        return False
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


cdef PyObject *call_all(
    Dispatch self, PyObject *snapshot, PyObject **stack, PyObject *names, PyObject *wrapper, bint collect
) noexcept:
    """Call the receivers of a snapshot. Return the list of pairs, or None if they are not wanted.

    :param stack: two free places, the sender, and the values of the keywords.
    """
    cdef Py_ssize_t count = PyTuple_GET_SIZE(snapshot)
    cdef Py_ssize_t n = 0
    cdef Py_ssize_t i
    cdef PyObject *results = PyList_New(count) if collect else Py_NewRef(Py_None)
    cdef PyObject *entry
    cdef PyObject *receiver
    cdef PyObject *function
    cdef PyObject *result
    cdef int connected
    if results == NULL:
        return NULL
    if collect:
        Py_SET_SIZE(results, 0)  # nobody sees the places that are still empty
    for i in range(count):
        entry = PyTuple_GET_ITEM(snapshot, i)
        receiver = get_receiver(entry, &function)
        if receiver == NULL or not (<Entry>entry).connection.connected:
            connected = -1 if receiver == NULL and PyErr_Occurred() else look_again(self, entry, receiver, stack[2])
            if connected <= 0:
                Py_XDECREF(receiver)
                Py_XDECREF(function)
                if connected < 0:
                    break
                continue
        if (<Entry>entry).coroutine:
            receiver = bind(function, receiver)
            function = NULL
            result = NULL if receiver == NULL else call_coroutine(receiver, wrapper, stack + 2, names)
        elif function != NULL:
            stack[1] = receiver
            result = call_receiver(function, stack + 1, 2, names)
        else:
            result = call_receiver(receiver, stack + 2, 1, names)
        if result == NULL or not collect:
            Py_XDECREF(receiver)
            Py_XDECREF(function)
            if result == NULL:
                break
            Py_DECREF(result)
            continue
        result = make_pair(bind(function, receiver), result)
        if result == NULL:
            break
        PyList_SET_ITEM(results, n, result)
        n += 1
        Py_SET_SIZE(results, n)
    else:
        return results
    Py_DECREF(results)
    return NULL
