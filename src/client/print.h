// Answers of the API as lines for a person. What came from others (texts, names) is printed without
// control characters: nothing that a network says can move the cursor.
#pragma once

#include <boost/json.hpp>

namespace client {

namespace json = boost::json;

void print_post(const json::value& post);
void print_posts(const json::value& page);
void print_timeline(const json::value& answer);
void print_validation(const json::value& answer);
void print_bulk(const json::value& answer);
void print_trends(const json::value& answer);
void print_accounts(const json::value& page);

}  // namespace client
