#include "base/error.h"
#include "db/open.h"
namespace db {
std::unique_ptr<Database> open_postgres(io::Executor, Options) {
  throw base::Unavailable("not yet");
}
}  // namespace db
