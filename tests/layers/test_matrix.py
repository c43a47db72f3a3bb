"""A small part of the matrix of compositions, so that the program which runs all of it keeps working."""

import itertools

import matrix
import pytest

# Every score, normalizer, head count, bias and precision with some other; `kinds` shares out the masks.
PART = [
    matrix.Case(score, matrix.NORMALIZERS[i % len(matrix.NORMALIZERS)], heads, bias, dtype)
    for i, (score, heads, bias, dtype) in enumerate(
        zip(
            matrix.SCORES,
            itertools.cycle((1, matrix.HEADS)),
            itertools.cycle(reversed(matrix.BIASES)),
            itertools.cycle(matrix.TOLERANCES),
            strict=False,
        )
    )
]


@pytest.mark.parametrize("case", PART, ids=lambda case: "_".join(map(str, vars(case).values())))
def test_part_of_the_matrix_is_the_formula(case: matrix.Case) -> None:
    kinds = [*matrix.masks(case.heads)][PART.index(case) :: len(PART)]
    for result in matrix.check(case, kinds):
        assert not result.failures, result


def test_the_matrix_has_every_part() -> None:
    every = list(matrix.cases())
    assert len(every) == len(set(every))
    for name in (*matrix.SCORES, *matrix.NORMALIZERS, *matrix.BIASES, *matrix.TOLERANCES):
        assert any(name in vars(case).values() for case in every)


def test_a_wrong_weight_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    case = matrix.Case("additive", "softmax", matrix.HEADS, "relative", "float32")
    honest = matrix.normalize
    monkeypatch.setattr(matrix, "normalize", lambda name, scores, mask: honest(name, scores + 1e-3 * scores, mask))
    results = matrix.check(case, kinds=("none", "value"))
    assert [r.failures[0] for r in results] == ["weights are those of the formula"] * 2
    assert any(line.startswith("FAILED on ") for line in matrix.table(results))
