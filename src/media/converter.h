// Makes pictures fit, in a process of their own (docs/adr/0008): what decodes hostile bytes holds
// no secret, no connection and no lease.
//
// The program gets the picture on its standard input and the wanted limits as arguments, without
// the environment of its parent, bounded in memory, processor time and output, and is ended when it
// takes too long or when this process ends. One at a time. One loop.
#pragma once

#include "base/error.h"
#include "io/task.h"
#include "media/fit.h"
#include "media/store.h"

#include <chrono>
#include <string>

namespace media {

class Converter {
 public:
  virtual ~Converter() = default;
  virtual bool available() const = 0;
  // The bytes of the copy; an error when the picture cannot be read or cannot be made to fit.
  virtual io::Task<base::Result<std::string>> convert(SharedBytes bytes, Conversion conversion) = 0;
};

class ProgramConverter final : public Converter {
 public:
  // `program` is a path; empty: socialtrend-convert beside this program; "none": there is none.
  ProgramConverter(io::Executor executor, std::string program,
                   std::chrono::milliseconds time_max = std::chrono::seconds(30));

  bool available() const override;
  io::Task<base::Result<std::string>> convert(SharedBytes bytes, Conversion conversion) override;

 private:
  std::string program_;
  std::chrono::milliseconds time_max_;
  bool busy_ = false;
  io::Event freed_;
};

}  // namespace media
