# How Weft's own sources are compiled: language, warnings, optimisation, sanitizers.

include(GNUInstallDirs)
find_package(Threads REQUIRED)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# A debug build that random tests of a million steps can live with.
set(CMAKE_C_FLAGS_DEBUG "-Og -g")

# Programs and libraries lie where people look for them; a preset may say otherwise.
if(PROJECT_IS_TOP_LEVEL)
    foreach(kind RUNTIME:bin LIBRARY:lib ARCHIVE:lib)
        string(REPLACE ":" ";" kind ${kind})
        list(GET kind 0 what)
        list(GET kind 1 folder)
        if(NOT CMAKE_${what}_OUTPUT_DIRECTORY)
            set(CMAKE_${what}_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${folder}")
        endif()
    endforeach()
endif()

# The flags that a careful user may have; our sources, tests, benches and examples keep to them.
set(WEFT_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wpedantic)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    list(APPEND WEFT_WARNINGS -Wno-gnu)
endif()
if(WEFT_WERROR)
    list(APPEND WEFT_WARNINGS -Werror)
endif()

if(WEFT_SANITIZE)
    add_compile_options(-fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${WEFT_SANITIZE})
endif()

if(WEFT_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# weft_own(target): target is made of our own sources.
function(weft_own target)
    target_compile_options(${target} PRIVATE ${WEFT_WARNINGS})
endfunction()

# weft_read_tag(variable file tag): the words after "tag:" in a comment near the top of file.
# The file becomes an input of the configuration, so that editing the comment is enough.
function(weft_read_tag variable file tag)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(STRINGS "${file}" lines LIMIT_COUNT 30 REGEX "${tag}:")
    set(words "")
    foreach(line IN LISTS lines)
        if(line MATCHES "${tag}:([^*]*)")
            separate_arguments(more UNIX_COMMAND "${CMAKE_MATCH_1}")
            list(APPEND words ${more})
        endif()
    endforeach()
    set(${variable} ${words} PARENT_SCOPE)
endfunction()
