# embed(TARGET NAME DIR PATTERN): the files of DIR that match PATTERN become part of the binary, found at run time by
# base::embedded("NAME"). A folder that changes rebuilds only the generated file (the assembler's .incbin reads the bytes).
function(embed target name dir pattern)
  set(out "${CMAKE_BINARY_DIR}/generated/embedded_${name}.cpp")
  set(stamp_dir "${dir}")
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS "${dir}/${pattern}")
  add_custom_command(
    OUTPUT "${out}"
    COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/embed.py" "${name}" "${dir}" "${pattern}" "${out}"
    DEPENDS ${inputs} "${CMAKE_SOURCE_DIR}/tools/embed.py"
    COMMENT "Embedding ${name}"
    VERBATIM)
  target_sources(${target} PRIVATE "${out}")
  set_source_files_properties("${out}" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
