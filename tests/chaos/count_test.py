"""The count can fail: each way of being wrong is found, and nothing else is."""
import collections
import datetime
import unittest

from count import Target, judge, lateness, percentile, table

DUE = datetime.datetime(2026, 11, 23, 9, tzinfo=datetime.timezone.utc)


def target(item: int, retry: str = "A", parts: int = 1, **more) -> Target:
    fields = {"state": "published", "published_at": DUE + datetime.timedelta(seconds=item)} | more
    return Target(id=f"t{item}", post_id=f"p{item}", receiver="there", network="net", retry=retry,
                  pieces=[("there", item, part) for part in range(parts)], due=DUE, **fields)


def once(*targets: Target) -> collections.Counter:
    return collections.Counter(piece for each in targets for piece in each.pieces)


class Count(unittest.TestCase):
    def kinds(self, targets, received):
        return [verdict.kind for verdict in judge(targets, received)]

    def test_once_each_is_well(self):
        targets = [target(1), target(2, "B"), target(3, "C"), target(4, parts=3)]
        self.assertEqual(self.kinds(targets, once(*targets)), [])

    def test_a_receiver_that_duplicates(self):
        targets = [target(1), target(2, "B"), target(3, "C")]
        received = once(*targets)
        for each in targets:
            received[each.pieces[0]] += 1
        self.assertEqual(self.kinds(targets, received), ["doubled"] * 3)

    def test_one_part_of_a_thread_twice(self):
        thread = target(1, parts=3)
        received = once(thread)
        received[thread.pieces[1]] += 1
        self.assertEqual(self.kinds([thread], received), ["doubled"])

    def test_one_part_of_a_thread_missing(self):
        thread = target(1, parts=3)
        received = once(thread)
        del received[thread.pieces[2]]
        self.assertEqual(self.kinds([thread], received), ["lost"])

    def test_lost_although_the_program_says_published(self):
        self.assertEqual(self.kinds([target(1)], collections.Counter()), ["lost"])

    def test_there_although_the_program_does_not_say_so(self):
        waiting = target(1, state="needs_decision")
        self.assertEqual(self.kinds([waiting], once(waiting)), ["untold"])

    def test_a_blind_repeat_needs_a_persons_word_each_time(self):
        for said, copies, kinds in [(1, 2, []), (1, 3, ["doubled"]), (0, 2, ["doubled"]), (2, 3, [])]:
            blind = target(1, "C", asked=said, sent_again=said)
            self.assertEqual(self.kinds([blind], collections.Counter({blind.pieces[0]: copies})), kinds)

    def test_a_persons_word_excuses_nothing_where_the_network_can_be_asked(self):
        for retry in "AB":
            asked = target(1, retry, asked=1, sent_again=1)
            self.assertEqual(self.kinds([asked], collections.Counter({asked.pieces[0]: 2})), ["doubled"])

    def test_what_nobody_asked_for(self):
        self.assertEqual(self.kinds([target(1)], once(target(1), target(9))), ["stray"])

    def test_a_target_counted_twice_is_an_error_of_the_count(self):
        with self.assertRaises(ValueError):
            judge([target(1), target(1)], once(target(1)))

    def test_the_table_counts_targets_and_not_pieces(self):
        thread, single = target(1, parts=3), target(2)
        verdicts = judge([thread, single], once(single))
        total = table([thread, single], verdicts).splitlines()[-1].split()
        self.assertEqual(total, ["all", "2", "2", "0", "1", "0", "0", "2.0", "2.0"])

    def test_lateness_leaves_out_what_waited_for_a_person(self):
        self.assertEqual(lateness([target(1), target(5, "C", asked=1), target(2, published_at=None)]), [1.0])
        self.assertEqual(percentile([3.0, 1.0, 2.0], 0.5), 2.0)
        self.assertEqual(percentile([], 0.99), 0.0)


if __name__ == "__main__":
    unittest.main()
