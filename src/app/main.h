// The program: its subcommands (roles and one-shot commands), flags and settings. The only place
// that wires.
#pragma once

namespace app {

// Returns the exit code: 0 done, 1 failed, 2 used wrongly.
int main(int argc, char** argv);

}  // namespace app
