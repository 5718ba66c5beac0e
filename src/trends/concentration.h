// Concentration: how much of a topic comes from few hands, and how far it is trusted for that.
//
// Why: a network is full of campaigns, and what they say surprises every statistic. Judged by the
// evidence of a topic (sampled posts of different authors, and who is busiest), so only topics that
// begin to look promising cost anything. Pure functions of the tables; no state.
#pragma once

#include "trends/tables.h"

#include <string_view>
#include <vector>

namespace trends {

Concentration concentration_of(const Tables& tables, const Record& record);
// Why it does not look like many people's own doing: "few_hands" (many posts by each author),
// "copies" (most originals say nearly the same), "one_voice" (most posts are by one author).
std::vector<std::string_view> flags_of(const Concentration& concentration);
bool is_coordinated(const Concentration& concentration);
// The part of its score that a topic keeps: all, or less with every further post that each author
// wrote about it, and a twentieth if it is coordinated.
double trust_in(const Concentration& concentration);

}  // namespace trends
