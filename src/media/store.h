// Where bytes lie: a folder (disk_store.h) or an S3 bucket (s3_store.h).
//
// A key is a path of letters, digits, '/', '.', '-' and '_', and is used for one object only, ever:
// removing one can never hit bytes that somebody has just stored. What put() stored is durable when
// it returns, and never half there. Whatever the storage does not do is thrown as
// base::Unavailable. One loop.
#pragma once

#include "base/time.h"
#include "io/task.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace media {

using SharedBytes = std::shared_ptr<const std::string>;

class Store {
 public:
  struct Object {
    std::string key;
    std::int64_t bytes = 0;
    base::Instant changed_at;
  };
  struct Page {
    std::vector<Object> objects;
    std::string next;  // what to go on after; empty at the end
  };

  virtual ~Store() = default;
  // For people: "the folder /var/lib/...", "the bucket media at ...".
  virtual std::string name() const = 0;

  virtual io::Task<> put(std::string key, SharedBytes bytes) = 0;
  // Nothing when there is no such object.
  virtual io::Task<std::optional<std::string>> get(std::string key) = 0;
  virtual io::Task<bool> has(std::string key) = 0;
  // Also fine when there is none.
  virtual io::Task<> remove(std::string key) = 0;
  // Everything, page by page, in no promised order; begins with after = "".
  virtual io::Task<Page> list(std::string after) = 0;
};

// Of the form above, without "." and ".." as steps.
bool is_store_key(std::string_view key);

// Made by this program (Files::fresh_key, Uploads, a file that was being written): what else a
// folder or a bucket holds is a stranger's, and is left alone.
bool is_our_key(std::string_view key);

}  // namespace media
