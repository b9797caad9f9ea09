"""A YAML file comes in as the text that its author typed, with positions."""

from pathlib import Path

import pytest

from pathway.rehearsal.tree import Entries, Items, Malformed, Node, Scalar
from runtime.yaml_tree import load, parse


def plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


@pytest.mark.parametrize(
    "typed",
    [
        "NO",
        "yes",
        "true",
        "null",
        "~",
        "1.0e-4",
        "2e-4",
        "10:30",
        "0o14",
        "010",
        "1_000",
        "2025-02-03",
        ".5",
        "+1",
    ],
)
def test_yaml_does_not_guess(typed: str) -> None:
    assert plain(parse(f"a: {typed}\n", "f").root) == {"a": typed}
    assert plain(parse(f"[{typed}]", "f").root) == [typed]
    assert plain(parse(f"a: '{typed}'\nb: \"{typed}\"", "f").root) == {"a": typed, "b": typed}


def test_nodes_know_where_they_stand() -> None:
    root = parse("a: 1\nb:\n- {c: x, d: y}\n", "f").root
    assert isinstance(root, Entries)
    (a, one), (_, b) = root.entries
    assert (a.line, a.column, one.line, one.column) == (1, 1, 1, 4)
    assert isinstance(b, Items)
    inner = b.items[0]
    assert isinstance(inner, Entries)
    assert [(k.text, k.line, k.column, v.column) for k, v in inner.entries] == [
        ("c", 3, 4, 7),
        ("d", 3, 10, 13),
    ]


def test_an_alias_is_the_node_that_it_names() -> None:
    assert plain(parse("a: &x [1, 2]\nb: *x\n", "f").root) == {"a": ["1", "2"], "b": ["1", "2"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "f:3:1: the key 'a' is here twice; first in line 1"),
        ("e: {a: 1, a: 2}\n", "f:1:11: the key 'a' is here twice; first in line 1"),
        ("a: 1\n\tb: 2\n", "f:2:1: a tab; indent and separate with blanks"),
        ("a: [1, 2\nb: 3", "f:2:2: expected ',' or ']'"),
        (
            'a: "open\nb: 2\n',
            "f:3:1: found unexpected end of stream (while scanning a quoted scalar that begins in line 1)",
        ),
        ("a: b: c\n", "f:1:5: mapping values are not allowed here"),
        ("", "f:1:1: the file is empty"),
        ("# only a remark\n", "f:1:1: the file is empty"),
        ("a: 1\n---\nb: 2\n", "f:2:1: a second document begins here"),
        ("b: *y\n", "f:1:4: found undefined alias"),
        ("a: &x [*x]\n", "f:1:4: this node contains itself"),
        ("a: !!python/none 3\n", "f:1:4: tags such as"),
        ("a: !foo 3\n", "f:1:4: tags such as !foo are not used here"),
        ("? [1, 2]\n: 3\n", "f:1:3: a key must be a single word"),
        ("a: x\x01\n", "f:1:5: the character U+0001 is not allowed"),
        ("[" * 3000, "f:1:1: nested too deeply"),
    ],
)
def test_a_mistake_is_told_with_line_and_column(text: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(text, "f")
    assert str(caught.value).startswith(said)
    assert caught.value.exit_status == 2


def test_several_mistakes_are_told_at_once() -> None:
    with pytest.raises(Malformed) as caught:
        parse("a: {x: 1, x: 2}\nb: {y: 1, y: 2}\n", "f")
    assert [(p.line, p.column) for p in caught.value.problems] == [(1, 11), (2, 11)]


def test_a_file_must_be_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes("a: 1\nb: Köln\n".encode("latin-1"))
    with pytest.raises(Malformed, match=r"s\.yaml:2:5: not UTF-8 text"):
        load(file)
    file.write_bytes(b"\xef\xbb\xbfa: K\xc3\xb6ln\r\n")
    assert plain(load(file).root) == {"a": "Köln"}


def test_a_huge_file_is_not_read() -> None:
    with pytest.raises(Malformed, match="at most"):
        parse("a" * 5_000_000, "f")
