"""The breakages are those of today's policy: each rule of the policy has some, and each is found where it says."""

import pytest

from tests.boundary.break_the_rules import ROOT, Breakage, breakages


@pytest.mark.parametrize("breakage", breakages(), ids=lambda breakage: f"{breakage.rule}: {breakage.says}")
def test_each_breakage_is_still_possible_and_has_tests_of_its_rules_name(breakage: Breakage) -> None:
    compile(breakage.broken(ROOT / "bot/boundary"), breakage.file, "exec")
    assert breakage.tests()


def test_each_rule_of_the_policy_has_breakages() -> None:
    assert {breakage.rule for breakage in breakages()} == {1, 2, 3, 4, 6, 7, 8, 9, 11}
