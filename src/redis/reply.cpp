#include "redis/reply.h"

#include "base/check.h"
#include "base/text.h"

#include <fmt/format.h>
#include <hiredis/read.h>

namespace redis {
namespace {

// hiredis builds a reply from its root: each part is put into the place that its parent has kept
// for it, so that only the root is ever owned by a pointer.
Reply* place(const redisReadTask* task, Reply::Kind kind) {
  if (task->parent == nullptr) return new Reply{.kind = kind};
  Reply& part =
      static_cast<Reply*>(task->parent->obj)->elements[static_cast<std::size_t>(task->idx)];
  part.kind = kind;
  return &part;
}

Reply::Kind kind_of(const redisReadTask* task) {
  if (task->type == REDIS_REPLY_ERROR) return Reply::Kind::error;
  return task->type == REDIS_REPLY_STATUS ? Reply::Kind::status : Reply::Kind::string;
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) noexcept {
  Reply* reply = place(task, kind_of(task));
  reply->text.assign(text, size);
  return reply;
}

// Null means "no memory" to hiredis: how a reply with too many parts ends.
void* create_array(const redisReadTask* task, int elements) noexcept {
  auto& left = *static_cast<std::size_t*>(task->privdata);
  const auto wanted = static_cast<std::size_t>(elements);
  if (wanted > left) return nullptr;
  left -= wanted;
  Reply* reply = place(task, Reply::Kind::array);
  reply->elements.resize(wanted);
  return reply;
}

void* create_integer(const redisReadTask* task, long long value) noexcept {
  Reply* reply = place(task, Reply::Kind::integer);
  reply->integer = value;
  return reply;
}

void* create_nil(const redisReadTask* task) noexcept { return place(task, Reply::Kind::nil); }

void free_root(void* reply) noexcept { delete static_cast<Reply*>(reply); }

redisReplyObjectFunctions functions = {.createString = create_string,
                                       .createArray = create_array,
                                       .createInteger = create_integer,
                                       .createNil = create_nil,
                                       .freeObject = free_root};

}  // namespace

std::string Reply::refusal() const {
  return base::truncate_graphemes(base::clean_utf8(std::string_view(text).substr(0, 400)), 200);
}

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader(ReplyLimits limits)
    : limits_(limits),
      elements_left_(limits.elements_max),
      reader_(redisReaderCreateWithFunctions(&functions)) {
  CHECK(reader_ != nullptr);
  reader_->privdata = &elements_left_;
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes) {
  if (!failure_.empty()) return;
  unread_ += bytes.size();
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    failure_ = reader_->errstr;
  }
}

std::expected<std::optional<Reply>, std::string> ReplyReader::next() {
  if (!failure_.empty()) return std::unexpected(failure_);
  void* found = nullptr;
  if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
    failure_ = elements_left_ == limits_.elements_max || reader_->err != REDIS_ERR_OOM
                   ? reader_->errstr
                   : "the answer has too many parts";
    return std::unexpected(failure_);
  }
  if (found == nullptr) {
    if (unread_ <= limits_.bytes_max) return std::nullopt;
    failure_ = fmt::format("an answer of more than {} bytes", limits_.bytes_max);
    return std::unexpected(failure_);
  }
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(found));
  elements_left_ = limits_.elements_max;
  unread_ = reader_->len - reader_->pos;
  return std::move(*reply);
}

std::string encode_command(const std::vector<std::string>& words) {
  std::string bytes = fmt::format("*{}\r\n", words.size());
  for (const std::string& word : words) {
    bytes += fmt::format("${}\r\n", word.size());
    bytes += word;
    bytes += "\r\n";
  }
  return bytes;
}

}  // namespace redis
