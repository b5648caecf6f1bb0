from __future__ import annotations

import html
import json

import pytest

from jupyter_batch.runner.masking import Masker


@pytest.mark.parametrize(
    "form",
    [str, repr, json.dumps, lambda s: html.escape(s, quote=False)],
    ids=["", "repr", "json", "html"],
)
@pytest.mark.parametrize("secret", ["plain", "with 'quotes' \"both\"", "a\\b\n<tag>&", "pässwörd"])
def test_a_secret_is_masked_however_it_is_written(secret, form):
    shown = Masker({"NAME": secret}).text(f"before {form(secret)} after")
    assert secret not in shown
    assert form(secret) not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


def test_a_secret_that_contains_another_is_masked_whole():
    assert Masker({"A": "abc", "B": "abcdef"}).text("abcdef abc") == "*** ***"


def test_each_line_of_a_key_is_masked():
    masker = Masker({"KEY": "-----BEGIN-----\nMIIEvQIBADAN\n-----END-----"})
    assert masker.text("  MIIEvQIBADAN") == "  ***"


def test_strings_and_keys_are_masked_wherever_they_are():
    masked = Masker({"A": "s3cret"}).value({"s3cret": [1, ("x s3cret", None)], 2: True})
    assert masked == {"***": [1, ["x ***", None]], 2: True}


def test_without_secrets_nothing_is_copied():
    value = {"a": ["b"]}
    assert Masker({"EMPTY": ""}).value(value) is value


def test_an_end_that_may_begin_a_secret_is_held_back():
    masker = Masker({"A": "s3cret"})
    assert masker.split("token: s3c") == ("token: ", "s3c")
    assert masker.split("token: none") == ("token: none", "")
