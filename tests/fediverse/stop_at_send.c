// Preloaded into the program: stops it (SIGSTOP) at the very send() that holds the words $STOP_AT, once for each time that the
// file $STOP_FLAG appears. So a test hits the instant between the last look at the lease and the first byte, which chance hits
// once in a million times.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  static ssize_t (*real)(int, const void*, size_t, int);
  if (!real) real = (ssize_t (*)(int, const void*, size_t, int))dlsym(RTLD_NEXT, "send");
  const char* words = getenv("STOP_AT");
  const char* flag = getenv("STOP_FLAG");
  if (words && flag && memmem(bytes, size, words, strlen(words)) && unlink(flag) == 0) kill(getpid(), SIGSTOP);
  return real(socket, bytes, size, flags);
}
