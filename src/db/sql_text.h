// What can be told from the text of a statement without a parser: its comment, its first word, its
// table, and where a file of statements splits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace db {

enum class Verb {
  begin,        // BEGIN, START
  end,          // COMMIT, END, ABORT, ROLLBACK
  rollback_to,  // ROLLBACK TO a savepoint
  change,       // INSERT, UPDATE, DELETE, REPLACE, WITH
  other,
};
Verb verb_of(std::string_view sql);

// The name under which a statement is measured: its leading comment ("-- posts.claim" or
// "/* posts.claim */"), else its verb and table ("select posts"). Short and of harmless characters.
std::string query_name(std::string_view sql);

// The statements of a file: each ends with ';' at the end of a line. Quotes, $tag$ bodies, comments
// and the BEGIN ... END of triggers are respected.
std::vector<std::string> split_statements(std::string_view file);

}  // namespace db
