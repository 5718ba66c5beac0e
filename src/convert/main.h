// socialtrend-convert TYPES BYTES_MAX SIDE_MAX PIXELS_MAX: a picture on standard input, a copy that
// keeps the limits on standard output (docs/adr/0008). TYPES are media types with commas; a limit
// of 0 is none. No message, for nobody reads it: the exit code tells.
#pragma once

namespace convert {

inline constexpr int wrong_usage = 2;
inline constexpr int unreadable = 3;
inline constexpr int unfittable = 4;

int main(int argc, char** argv);

}  // namespace convert
