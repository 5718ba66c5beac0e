// socialtrend-convert: everything lives in src/convert, so that its tests can link it as a library.
#include "convert/main.h"

int main(int argc, char** argv) { return convert::main(argc, argv); }
