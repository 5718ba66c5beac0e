#include "trends/sources/recording_lines.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <simdjson.h>
#include <unistd.h>
#include <zlib.h>

#include <sys/stat.h>

namespace trends {
namespace {

constexpr std::size_t line_max = 1024 * 1024;
constexpr std::size_t list_max = 30;
constexpr int poll_milliseconds = 200;

using Element = simdjson::dom::element;

std::string text_of(simdjson::simdjson_result<Element> element) {
  std::string_view text;
  if (element.get_string().get(text) != simdjson::SUCCESS) return "";
  return std::string(text);
}

std::vector<std::string> list_of(simdjson::simdjson_result<Element> element) {
  std::vector<std::string> items;
  simdjson::dom::array list;
  if (element.get_array().get(list) != simdjson::SUCCESS) return items;
  for (const Element item : list) {
    std::string_view text;
    if (items.size() >= list_max) break;
    if (item.get_string().get(text) == simdjson::SUCCESS) items.emplace_back(text);
  }
  return items;
}

class File final : public LineReader {
 public:
  File(int handle, bool owned) : handle_(handle), owned_(owned) {}
  ~File() override {
    if (inflating_) inflateEnd(&stream_);
    if (owned_) ::close(handle_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  Lines read(std::size_t max) override {
    Lines out;
    while (out.lines.size() < max) {
      if (take_line(out.lines)) continue;
      if (ended_) {
        take_rest(out);
        break;
      }
      if (!fill()) break;
    }
    return out;
  }

 private:
  bool take_line(std::vector<std::string>& lines) {
    const auto end = text_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = text_.size();
      drop_oversized();
      return false;
    }
    std::string line = text_.substr(begin_, end - begin_);
    if (std::exchange(skipping_, false)) line.clear();
    lines.push_back(std::move(line));
    begin_ = searched_ = end + 1;
    return true;
  }

  void take_rest(Lines& out) {
    if (begin_ < text_.size()) out.lines.push_back(skipping_ ? "" : text_.substr(begin_));
    begin_ = searched_ = text_.size();
    out.end = true;
  }

  void drop_oversized() {
    if (text_.size() - begin_ <= line_max) return;
    skipping_ = true;
    text_.clear();
    begin_ = searched_ = 0;
  }

  // False when nothing came in the time of one poll.
  bool fill() {
    pollfd waiting{.fd = handle_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, poll_milliseconds) == 0) return false;
    std::array<char, 64 * 1024> buffer;
    const auto count = ::read(handle_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) return true;
    if (count < 0) throw base::Unavailable("the recording cannot be read");
    if (count == 0) {
      ended_ = true;
      return true;
    }
    text_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
    add({buffer.data(), static_cast<std::size_t>(count)});
    return true;
  }

  void add(std::string_view bytes) {
    if (!started_) {
      started_ = true;
      inflating_ = bytes.starts_with("\x1f\x8b") && inflateInit2(&stream_, 15 + 16) == Z_OK;
    }
    if (!inflating_) {
      text_ += bytes;
    } else {
      inflate_into(bytes);
    }
  }

  void inflate_into(std::string_view bytes) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    std::array<char, 256 * 1024> out;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = out.size();
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      text_.append(out.data(), out.size() - stream_.avail_out);
      if (result == Z_STREAM_END) {
        inflateReset(&stream_);  // a further member may follow
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        throw base::Unavailable("the recording is damaged: it does not decompress");
      }
      // A line without an end must not fill the memory while one read is being inflated.
      if (text_.find('\n', searched_) == std::string::npos) {
        searched_ = text_.size();
        drop_oversized();
      }
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
  }

  int handle_;
  bool owned_;
  bool started_ = false;
  bool inflating_ = false;
  bool ended_ = false;
  bool skipping_ = false;
  z_stream stream_{};
  std::string text_;
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;
};

}  // namespace

std::optional<Mention> parse_recorded_line(std::string_view line) {
  thread_local simdjson::dom::parser parser;
  Element post;
  if (parser.parse(line.data(), line.size()).get(post) != simdjson::SUCCESS) return {};
  const auto at = base::parse_rfc3339(text_of(post["created_at"]));
  std::string_view text;
  if (!at || post["text"].get_string().get(text) != simdjson::SUCCESS) return {};
  Mention mention{.id = text_of(post["id"]),
                  .at = *at,
                  .author = text_of(post["author"]),
                  .text = std::string(text),
                  .language = text_of(post["lang"]),
                  .tags = list_of(post["tags"]),
                  .links = list_of(post["links"]),
                  .url = text_of(post["url"])};
  bool repost = false;
  mention.repost = post["repost"].get_bool().get(repost) == simdjson::SUCCESS && repost;
  if (mention.id.empty() || mention.author.empty()) return {};
  return mention;
}

std::unique_ptr<LineReader> LineReader::open(const std::filesystem::path& path) {
  if (path == "-") return std::make_unique<File>(STDIN_FILENO, false);
  const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (handle < 0) {
    throw base::Unavailable("the recording " + path.filename().string() + " cannot be opened");
  }
  struct stat about{};
  if (::fstat(handle, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(handle);
    throw base::Unavailable("the recording " + path.filename().string() + " is not a file");
  }
  return std::make_unique<File>(handle, true);
}

}  // namespace trends
