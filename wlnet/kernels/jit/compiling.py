"""Kernels to machine code, through Numba: the one place that imports it.

Just-in-time compilation, specialized for a precision and a vector width.

A kernel becomes `f(record, context)`; the names that its body uses are replaced by what they mean
for the target. The same kernel gives the same code whatever the user asks of Numba: what its
variables (NUMBA_OPT, NUMBA_CPU_NAME, NUMBA_DISABLE_JIT, ...) say of the code is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any, Final

from wlnet.kernels.language import Instruction, Kernel, PerTarget, Routine, Target

FASTMATH: Final = frozenset({"contract", "reassoc", "nsz"})
"""What the compiler may do to sums. Not all of fastmath: under `nnan` a test for NaN is False."""
_OPTIONS: Final[dict[str, Any]] = {
    "nopython": True,
    "boundscheck": False,
    "debug": False,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": set(FASTMATH),
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
_SETTINGS: Final[dict[str, Any]] = {
    "BOUNDSCHECK": None,
    "DEBUGINFO_DEFAULT": 0,
    "DISABLE_JIT": 0,
    "EXTEND_VARIABLE_LIFETIMES": 0,
}
"""Of Numba's settings, those that are stronger than options."""


def compiled(kernel: Kernel, target: Target) -> tuple[bytes, str]:
    """The machine code of a kernel as an object file, and the name of its function in it."""
    from numba import types
    from numba.core.compiler_lock import global_compiler_lock

    with global_compiler_lock, _for_a_file():
        entry = jitted(_entry(kernel, _Meaning(target)))
        entry.compile((types.int64, types.int64))
        (result,) = entry.overloads.values()
        library = result.library
        library._ensure_finalized()
        machine = _this_machine()
        _optimise(library, machine)
        code: bytes = machine.emit_object(library._final_module)
    return code, result.fndesc.llvm_func_name


def jitted(function: Any) -> Any:
    """A function that Numba compiles when it is asked to; `njit` does not under NUMBA_DISABLE_JIT.

    function: a Python function over the types of compiled kernels.
    """
    from numba.core.target_extension import resolve_dispatcher_from_str

    dispatcher = resolve_dispatcher_from_str("cpu")
    return dispatcher(py_func=function, targetoptions=dict(_OPTIONS))


def _this_machine() -> Any:
    """What makes code for this CPU, with all it has: Numba's own depends on its variables."""
    from llvmlite import binding as llvm

    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="static" if target.name.startswith("x86") else "default",
        codemodel="jitdefault",
        jit=True,
    )


@contextmanager
def _for_a_file() -> Iterator[None]:
    """Leave out what Numba does for functions that are called from Python.

    It makes each function, so each routine too, ready to be called, and optimises it by itself
    before it is put into those that call it; that takes more than half of the time. Nobody calls a
    kernel like that, and `_optimise` sees all of it at once. All of that also obeys variables of
    the user, and would stay in memory.
    """
    from numba.core import config
    from numba.core.codegen import CPUCodeLibrary
    from numba.core.registry import cpu_target

    context = cpu_target.target_context
    left_out = {
        "_optimize_functions": lambda library, module: None,
        "_optimize_final_module": lambda library: None,
        "_finalize_final_module": lambda library: None,
    }
    kept = {name: getattr(CPUCodeLibrary, name) for name in left_out}
    settings = {name: getattr(config, name) for name in _SETTINGS}
    # A builtin that is no other: Numba tells functions apart by it.
    context.get_executable = lambda library, fndesc, env: [].append
    try:
        for name, nothing in left_out.items():
            setattr(CPUCodeLibrary, name, nothing)
        for name, usual in _SETTINGS.items():
            setattr(config, name, usual)
        yield
    finally:
        del context.get_executable
        for name, method in kept.items():
            setattr(CPUCodeLibrary, name, method)
        for name, setting in settings.items():
            setattr(config, name, setting)


def _optimise(library: Any, machine: Any) -> None:
    """All passes over a kernel and the routines that were compiled into it."""
    from llvmlite import binding as llvm

    module = library._final_module
    module.data_layout = str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)


def _entry(kernel: Kernel, meaning: _Meaning) -> Any:
    """A function of a record and a context that reads the words and calls the kernel."""
    from wlnet.kernels.emit.instructions import word

    words = ", ".join(f"word(record, {i})" for i in range(len(kernel.fields)))
    names = {"body": meaning.function(kernel.function), "word": meaning.of(word)}
    exec(f"def entry(record, context):\n    body(context, {words})", names)
    return names["entry"]


class _Meaning:
    """What the names in kernels mean for a target."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._made: dict[int, Any] = {}

    def of(self, value: Any) -> Any:
        """What stands for a value that a body names."""
        if isinstance(value, PerTarget):
            return value.of(self.target)
        if not isinstance(value, (Instruction, Routine)):
            return value
        if id(value) not in self._made:
            self._made[id(value)] = (
                self._intrinsic(value)
                if isinstance(value, Instruction)
                else self.function(value.function)
            )
        return self._made[id(value)]

    def function(self, function: Any) -> Any:
        """The function compiled by Numba, with all names replaced."""
        named = _names(function.__code__)
        held = {
            name: self.of(value) for name, value in function.__globals__.items() if name in named
        }
        cells = tuple(
            type(cell)(self.of(cell.cell_contents)) for cell in function.__closure__ or ()
        )
        own = {**function.__globals__, **held}
        copy = FunctionType(function.__code__, own, function.__name__, None, cells or None)
        return jitted(copy)

    def _intrinsic(self, it: Instruction) -> Any:
        from numba import types
        from numba.extending import intrinsic

        from wlnet.kernels.emit.vectors import Kit

        real = types.float32 if self.target.item == 4 else types.float64
        known = {
            "word": types.int64,
            "real": real,
            "flag": types.boolean,
            "double": types.float64,
            "index": types.int32,
            "reals": types.CPointer(real),
            "doubles": types.CPointer(types.float64),
            "words": types.CPointer(types.int64),
            "indices": types.CPointer(types.int32),
            "none": types.void,
        }
        signature = known[it.result](*(known[name] for name in it.arguments))
        target = self.target

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            result = it.generate(Kit(builder, target), *arguments)
            return context.get_dummy_value() if it.result == "none" else result

        parameters = ", ".join(f"a{i}" for i in range(len(it.arguments)))
        names: dict[str, Any] = {"answer": (signature, generate)}
        exec(f"def {it.name}(typing, {parameters}):\n    return answer", names)
        return intrinsic(names[it.name])


def _names(code: CodeType) -> set[str]:
    inner = [_names(each) for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*inner)
