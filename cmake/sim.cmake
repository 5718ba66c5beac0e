# simulator(): `socialtrend_sim`, the seeded simulator of the publishing code (docs/simulator.md). Never shipped.
function(simulator)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/sim/*.cpp")
  add_executable(socialtrend_sim ${sources})
  # Its own definitions of clocks and log stand before those of the libraries.
  target_link_libraries(socialtrend_sim PRIVATE st_publishing)
  target_precompile_headers(socialtrend_sim REUSE_FROM st_pch)
endfunction()
