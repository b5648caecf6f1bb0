"""The value that is inferred from a literal is the value that was written."""

from __future__ import annotations

import keyword

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jupyter_batch.domain.parameters.parameters import ParameterSchema, check_parameters
from jupyter_batch.domain.parameters.schema_check import fits
from jupyter_batch.notebook.infer_python import infer_python
from jupyter_batch.notebook.magics import without_magics

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT
)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_TEXT, inner, max_size=5),
    max_leaves=8,
)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name)
)
ANNOTATIONS = st.sampled_from(
    [
        "int", "float", "str", "bool", "list", "dict", "Any", "list[int]", "dict[str, float]",
        "int | None", "Optional[str]", "Literal['a', 'b']", "'list[str]'", "typing.List[bool]",
        "tuple[int, str]", "date", "datetime", "Unheard.Of[int]", "Union[int, str, None]",
    ]
)  # fmt: skip


def _schema(source: str) -> ParameterSchema:
    found = infer_python(source)
    return ParameterSchema(
        schema={
            "type": "object",
            "properties": {parameter.name: parameter.schema for parameter in found},
            "additionalProperties": False,
        },
        has_parameters_cell=True,
        language="python",
    )


@given(name=NAMES, value=JSON)
def test_a_literal_is_its_own_default_and_fits_its_own_schema(name, value):
    (parameter,) = infer_python(f"{name} = {value!r}")
    assert parameter.name == name
    assert parameter.schema["default"] == value
    assert type(parameter.schema["default"]) is type(value)
    assert fits(parameter.schema, value)
    check_parameters(_schema(f"{name} = {value!r}"), {name: value})


@given(annotation=ANNOTATIONS, value=JSON)
def test_a_default_fits_its_schema_whatever_its_annotation_says(annotation, value):
    (parameter,) = infer_python(f"x: {annotation} = {value!r}")
    assert parameter.schema["default"] == value
    assert fits(parameter.schema, value)
    assert not parameter.is_required
    Draft202012Validator.check_schema(parameter.schema)


@given(values=st.dictionaries(NAMES, JSON, max_size=4))
def test_the_order_of_the_cell_is_kept(values):
    source = "\n".join(f"{name} = {value!r}  # about {name}" for name, value in values.items())
    found = infer_python(source)
    assert [parameter.name for parameter in found] == list(values)
    assert [p.schema["description"] for p in found] == [f"about {name}" for name in values]


@given(value=JSON)
def test_magics_around_a_literal_change_nothing(value):
    plain = infer_python(f"x = {value!r}")
    source = f"%load_ext autoreload\n!ls {{x}}\nx = {value!r}\n%time pass\nx?\n"
    assert infer_python(source) == plain


@given(text=_TEXT)
def test_text_in_a_string_is_never_taken_for_a_magic(text):
    body = "".join(character for character in text if character not in '\\"\r\0')
    source = f'x = """\n%{body}\n!{body}\n"""\n%magic\n'
    (parameter,) = infer_python(source)
    assert parameter.schema["default"] == f"\n%{body}\n!{body}\n"


@given(lines=st.lists(st.sampled_from(["%a", "!b \\", "x = 1", "", "y = (", ")", "'''", "z?"])))
def test_taking_magics_out_keeps_the_number_of_lines(lines):
    source = "\n".join(lines)
    left = without_magics(source)
    assert left == "" or left.count("\n") == source.count("\n")
