// Cuts a connection when its thread does not come back in time.
//
// Between the question whether the first byte may leave (ClientRequest::may_begin) and that byte a
// process may be stopped: SIGSTOP, a frozen container, a machine that sleeps. When it goes on,
// hours later perhaps, the answer is no longer true, and nobody asks again. But a timer of the
// kernel runs on meanwhile, and its signal is delivered to the thread before anything else: the
// socket is shut down then, and the byte has no way out.
//
// One socket at a time for each thread, between arm() and disarm() on that thread.
#pragma once

#include <chrono>

namespace http::stall_guard {

// Longer than a busy machine keeps a thread waiting, and well within what the askers allow for
// clocks that differ.
inline constexpr std::chrono::milliseconds stall_max{2'000};

void arm(int socket, std::chrono::milliseconds limit = stall_max);
void disarm();

// Since arm(): was the socket shut down?
bool has_cut();

// What the timer sends.
int signal_number();

}  // namespace http::stall_guard
