// Gives up what decoding a picture does not need, before the first hostile byte is read: memory and
// processor time beyond a bound, further files and sockets, programs with more rights, a life
// longer than the parent's.
#pragma once

namespace convert {

// False when the system does not let us; nothing must be decoded then.
bool enter_sandbox();

}  // namespace convert
