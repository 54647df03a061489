"""XMLBIF: what is refused, pgmpy's reader and writer against ours, and round trips."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError
from backpain_bn.formats.pgmpy_models import from_pgmpy
from backpain_bn.formats.xmlbif import write
from backpain_bn.model.distributions import Row, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.foreign_files import assert_refused, assert_same, networks, public, read

few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def sure(given: str, *values: float) -> Row:
    return Row((given,), tuple(number(p) for p in values))


XML = """<?xml version="1.0"?>
<!DOCTYPE BIF [
 <!ELEMENT BIF ( NETWORK )*>
 <!ATTLIST VARIABLE TYPE (nature|decision|utility) "nature">
]>
<BIF VERSION="0.3">
<NETWORK>
<NAME>n</NAME>
<VARIABLE TYPE="nature"><NAME>a</NAME><OUTCOME>no</OUTCOME><OUTCOME>not yet, no</OUTCOME>*
<VARIABLE><NAME>y</NAME><OUTCOME>no</OUTCOME><OUTCOME>yes &amp; so</OUTCOME></VARIABLE>
<DEFINITION><FOR>a</FOR><TABLE>0.25 <!-- half --> 0.75</TABLE></DEFINITION>
<DEFINITION><FOR>y</FOR><GIVEN>a</GIVEN><TABLE>0.9 0.1
0.2 0.8</TABLE></DEFINITION>
</NETWORK>
</BIF>
""".replace("*\n", "<PROPERTY>x = 1</PROPERTY></VARIABLE>\n")


def test_xmlbif() -> None:
    network = read(XML, ".xml")
    assert network["a"].states == ("no", "not yet, no")
    assert network["y"].distribution.rows == (sure("no", 0.9, 0.1), sure("not yet, no", 0.2, 0.8))


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("</BIF>", "", 16, "not valid XML: no element found"),
        ('<BIF VERSION="0.3">', "<BIF><BIF>", 16, "not valid XML: no element found"),
        ("<!ELEMENT BIF ( NETWORK )*>", '<!ENTITY a "aaaa">', 3, "entities are not allowed"),
        (
            "<!ELEMENT BIF ( NETWORK )*>",
            '<!ENTITY a SYSTEM "file:///etc/passwd">',
            3,
            "entities are not allowed",
        ),
        (
            "<!ELEMENT BIF ( NETWORK )*>",
            '<!ENTITY % a SYSTEM "http://example.org/x">',
            3,
            "entities are not allowed",
        ),
        ("<!DOCTYPE BIF [", '<!DOCTYPE BIF SYSTEM "x.dtd" [', 2, "document type from outside"),
        ("<NAME>a</NAME>", "<NAME>&b;</NAME>", 9, "not valid XML: undefined entity"),
        ("<NAME>n</NAME>", "", 7, "needs exactly one <NAME>, it has 0"),
        ("<NAME>n</NAME>", "<NAME>n</NAME><OTHER/>", 8, "<OTHER> in <NETWORK> is not read"),
        (
            "<NAME>n</NAME>",
            "<NAME>n</NAME>" + "<PROPERTY>" * 30 + "</PROPERTY>" * 30,
            8,
            "more than 20 levels deep",
        ),
        ('TYPE="nature"><NAME>', 'TYPE="decision"><NAME>', 9, '"a" is of type "decision"'),
        ("<NAME>a</NAME>", "<NAME> a</NAME>", 9, "needs a name without spaces around it"),
        (
            "<PROPERTY>x = 1</PROPERTY>",
            "<PROPERTY>x</PROPERTY>",
            9,
            'a property must read name = value, not "x"',
        ),
        ("<NAME>a</NAME>", "<NAME>y</NAME>", 10, 'variable "y" is declared twice'),
        ("<FOR>a</FOR>", "<FOR>y</FOR>", 12, '"y" has a second probability block'),
        ("0.2 0.8", "0.2", 12, 'the table of "y" has 3 numbers; it needs 4'),
        ("0.2 0.8", "0.2 0.7", 12, "probabilities of y given a=not yet, no sum to 0.9"),
        ("0.2 0.8", "0.2 NaN", 12, '"NaN" is no probability'),
        ("0.2 0.8", "0.2, 0.8", 12, '"0.2," is no probability'),
        ("<NAME>a</NAME>", "<NAME>a\x00</NAME>", 9, "control characters are not allowed"),
        ("<NAME>a</NAME>", "<NAME>a&#10;b</NAME>", 9, "has a control character in it (U+000A)"),
        ("<NAME>a</NAME>", "<NAME>" + "a" * 10**5 + "</NAME>", 9, "has 100,000 characters"),
        ("<TABLE>0.9", "<TABLE>1 0</TABLE><TABLE>0.9", 12, "needs exactly one <TABLE>, it has 2"),
        ("<GIVEN>a</GIVEN>", "<GIVEN>b</GIVEN>", 12, 'unknown variable "b"'),
        ("BIF", "XBN", 6, "the file begins with <XBN>, not <BIF>"),
    ],
)
def test_xmlbif_that_is_refused(old: str, new: str, line: int, message: str) -> None:
    assert old in XML
    text = XML.replace(old, new) if old == "BIF" else XML.replace(old, new, 1)
    assert_refused(text, ".xml", line, message)


def test_a_file_of_elements_without_end_is_refused() -> None:
    text = XML.replace("<NAME>n</NAME>", "<NAME>n</NAME>" + "<PROPERTY/>" * 300_001)
    assert_refused(text, ".xml", 8, "more than 300,000 elements")


XML_NAMES = st.text("aé€<>&\"',; |{}%/*-1", min_size=1, max_size=8).filter(
    lambda name: name == name.strip()
)


@few
@given(network=networks(XML_NAMES, XML_NAMES, most_states=12))
def test_round_trip(network: Network) -> None:
    assert_same(read(write(network), ".xmlbif"), network)


@settings(few, max_examples=4)
@given(network=networks())
def test_pgmpy_reads_what_is_written_and_writes_what_is_read(network: Network) -> None:
    from pgmpy.readwrite import XMLBIFReader, XMLBIFWriter

    model = XMLBIFReader(string=write(network)).get_model()
    assert_same(from_pgmpy(model), network)
    assert_same(read(str(XMLBIFWriter(network.to_pgmpy())), ".xml"), network)


@pytest.mark.parametrize("name", ["asia", "survey", "child", "alarm"])
def test_public_networks_survive(name: str) -> None:
    from pgmpy.readwrite import XMLBIFReader

    network = read(public(name))
    assert_same(read(write(network), ".xml"), network)
    assert_same(from_pgmpy(XMLBIFReader(string=write(network)).get_model()), network)


@pytest.mark.parametrize("name", [" a", "a "])
def test_names_that_xml_cannot_hold(name: str) -> None:
    with pytest.raises(BackpainError, match=r'XMLBIF cannot hold the state .* of "a": names there'):
        write(Network("n", {"a": Variable("a", ("no", name), prior(0.5, 0.5))}))
