"""The rules of duplicates.py, on texts that break them and on some that do not. scripts/lint runs them."""
import unittest

import duplicates

LINES = [f"let value{number} = call({number}, of: other{number})" for number in range(8)]


def text(lines, prefix=""):
    return "import A\n\n" + "".join(f"{prefix}{line}\n" for line in lines)


class PairTests(unittest.TestCase):
    def count(self, **texts):
        return len(duplicates.pairs({f"{name}.swift": content for name, content in texts.items()}))

    def test_six_lines_are_a_pair_and_five_are_none(self):
        self.assertEqual(self.count(a=text(LINES[:6]), b=text(LINES[:6])), 1)
        self.assertEqual(self.count(a=text(LINES[:5]), b=text(LINES[:5])), 0)

    def test_blanks_comments_and_braces_do_not_count(self):
        self.assertEqual(self.count(a=text(LINES[:6]), b=text(LINES[:3] + ["", "// why", "}"] + LINES[3:6], "    ")), 1)
        self.assertEqual(self.count(a=text(["// why"] * 9), b=text(["}"] * 9)), 0)

    def test_other_names_and_numbers_are_the_same_shape(self):
        renamed = [line.replace("value", "thing").replace("call", "ask") for line in LINES]
        self.assertEqual(self.count(a=text(LINES[:6]), b=text(renamed[:6])), 1)
        self.assertEqual(self.count(a=text(LINES[:6]), b=text([f"return {line}" for line in LINES[:6]])), 0)

    def test_two_files_are_one_pair_however_much_they_share(self):
        self.assertEqual(self.count(a=text(LINES), b=text(LINES)), 1)

    def test_a_run_that_stands_in_more_than_eight_places_is_idiom(self):
        def names(count):
            return {f"n{number}": text(LINES[:6]) for number in range(count)}

        self.assertEqual(self.count(**names(8)), 28)
        self.assertEqual(self.count(**names(9)), 0)

    def test_a_file_repeats_itself_only_where_the_lines_are_others(self):
        self.assertEqual(self.count(a=text(LINES[:6] + LINES[:6])), 1)
        self.assertEqual(self.count(a=text(LINES[:6])), 0)


if __name__ == "__main__":
    unittest.main()
