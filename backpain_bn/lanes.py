"""The inner loop, compiled by numba: every step of a plan on many rows at once. The only module that imports numba, which takes 0.4 s.

A buffer of shape (slots,) holds one row; one of shape (slots, lanes) holds a row in each lane, and a step is then done on whole vectors.
Lanes never meet and no step is contracted or reordered, so that a row's answer is the same bits whichever buffer it went through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from .plan import ADD, MULTIPLY, MULTIPLY_ADD

F = TypeVar("F", bound=Callable[..., Any])
VECTOR_BYTES = 64


def compiled(function: F) -> F:
    """Return the function compiled: from the disk cache where there is one, without it where no folder can be written."""
    try:
        fast: F = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        fast = njit(nogil=True, error_model="numpy")(function)
    return fast


def _step(_: Any, cells: Any, lanes: Any, kind: Any, code: Any, at: Any) -> Any:
    """One step of literal `kind`, its slots at `code[at:]`; written as vector instructions, because a loop over lanes is compiled with
    a test on each operand for whether it overlaps the result, which costs more than the step.
    """
    if not (isinstance(lanes, types.Literal) and isinstance(kind, types.Literal)):
        return None
    width, what = lanes.literal_value, kind.literal_value

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        first = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        slots = context.make_array(signature.args[3])(context, builder, arguments[3]).data
        number = context.get_data_type(cells.dtype)
        vector = ir.VectorType(number, width) if width > 1 else number
        align = min(VECTOR_BYTES, width * cells.dtype.bitwidth // 8)

        def pointer(operand: int) -> Any:
            slot = builder.load(builder.gep(slots, [builder.add(arguments[4], ir.Constant(word, operand))]))
            place = builder.gep(first, [builder.mul(builder.zext(slot, word), ir.Constant(word, width))])
            return builder.bitcast(place, vector.as_pointer())

        def value(operand: int) -> Any:
            return builder.load(pointer(operand), align=align)

        if what == ADD:
            result = builder.fadd(value(1), value(2))
        else:
            result = builder.fmul(value(1), value(2))
            if what != MULTIPLY:
                other = value(3) if what == MULTIPLY_ADD else builder.fmul(value(3), value(4))
                result = builder.fadd(result, other)
        builder.store(result, pointer(0), align=align)
        return context.get_dummy_value()

    return types.void(cells, lanes, kind, code, types.intp), generate
