"""Counts the pairs of places in Sources that share six lines: to the letter, or in shape with other names and values.

A pair is two files, or one file with itself; however much they share, it counts once. Blank lines, comments, imports
and lone punctuation do not count. A run of six lines that stands in more than eight places is idiom and not counted.
"""
import argparse
import pathlib
import re
import subprocess
import sys
from collections import defaultdict

LINES = 6
PLACES = 8
ENDINGS = {".swift", ".lua"}
KEYWORDS = set(
    "actor as async await borrowing break case catch class consuming continue default defer deinit do else elseif end "
    "enum extension fallthrough false fileprivate final for func function guard if import in init inout internal is "
    "isolated lazy let local mutating nil not nonisolated open operator or override package private protocol public "
    "repeat rethrows return self Self sending set get some any static struct subscript super switch then throw throws "
    "true try typealias until var weak where while and".split()
)
COMMENT = re.compile(r"^\s*(//|/\*|\*|--)")
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|[A-Za-z_][A-Za-z_0-9]*|\d[\d_.a-fA-Fx]*|\S')
CONTENT = re.compile(r"[A-Za-z0-9_]")


def shape(tokens):
    """Names, texts and numbers are each one sign; keywords and punctuation stay."""
    signs = []
    for token in tokens:
        if token[0] == '"':
            signs.append('"')
        elif token[0].isdigit():
            signs.append("0")
        elif (token[0].isalpha() or token[0] in "_`") and token not in KEYWORDS:
            signs.append("x")
        else:
            signs.append(token)
    return " ".join(signs)


def lines(text):
    """The lines that count, each with its number, its letters and its shape."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if COMMENT.match(line) or not CONTENT.search(line) or re.match(r"\s*(package |public )?import ", line):
            continue
        tokens = TOKEN.findall(line)
        found.append((number, " ".join(tokens), shape(tokens)))
    return found


def pairs(texts):
    """The pairs of names of `texts`, each with the number of runs that it shares and the first of them."""
    runs = defaultdict(list)
    for name in sorted(texts):
        counted = lines(texts[name])
        for first in range(len(counted) - LINES + 1):
            window = counted[first : first + LINES]
            for column in (1, 2):
                runs[column, tuple(line[column] for line in window)].append((name, first, window[0][0]))
    shared = {}
    for places in runs.values():
        if not 2 <= len(places) <= PLACES:
            continue
        for index, one in enumerate(places):
            for other in places[index + 1 :]:
                # A run does not share lines with itself.
                if one[0] == other[0] and abs(one[1] - other[1]) < LINES:
                    continue
                count, example = shared.get((one[0], other[0]), (0, (one[2], other[2])))
                shared[one[0], other[0]] = (count + 1, example)
    return shared


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print the pairs, too, those that share most first")
    parser.add_argument("--most", type=int, metavar="N", help="end with 1 when there are more pairs than these")
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).parents[2]
    listed = subprocess.check_output(["git", "-C", root, "ls-files", "-z", "Sources"], text=True)
    names = [name for name in listed.split("\0") if pathlib.Path(name).suffix in ENDINGS]
    # A file that git still lists may be deleted in the working tree.
    texts = {name: (root / name).read_text() for name in names if "/Generated/" not in name and (root / name).is_file()}
    shared = pairs(texts)
    if arguments.list:
        for (one, other), (count, (first, second)) in sorted(shared.items(), key=lambda item: -item[1][0]):
            print(f"{one}:{first} ~ {other}:{second} ({count})")
    most = len(shared) if arguments.most is None else arguments.most
    print(f"{len(shared)} pairs of places in {len(texts)} files of Sources share {LINES} lines; {most} may")
    return 1 if len(shared) > most else 0


if __name__ == "__main__":
    sys.exit(main())
