// The binary itself: everything lives in src/app, so that its tests can link it as a library.
#include "app/main.h"

int main(int argc, char** argv) { return app::main(argc, argv); }
