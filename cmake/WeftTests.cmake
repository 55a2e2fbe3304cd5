# Tests are found, not listed:
#   tests/AREA/test_*.c       one cmocka program each, the test AREA.NAME
#   tests/AREA/test_*.sh,.py  a script each, run with WEFT_BIN and WEFT_SOURCE in its environment
#   tests/support/*.c         linked to all cmocka programs
#   tests/AREA/support/*.c    linked to those of that area
#   tests/fuzz/fuzz_*.c       a fuzzer each, built by the preset `fuzz`; the test fuzz.NAME runs it
#                             for a fixed number of inputs, from the seeds in tests/fuzz/NAME/
#   examples/NAME.c           the test example.NAME
#   tests/examples/test_NAME_*.c and fuzz_NAME_*.c may call what examples/NAME/ holds beside its main
#   portable.NAME             a test of the library once more, on what WEFT_PORTABLE makes of it
#   house.*                   checks of the tree itself; not in sanitized builds
#
# Near its top a test may say, each in a comment of its own:
#   test-labels: threads slow   labels beside AREA. `threads` runs under TSan; `threads` and `slow`
#                               do not run under valgrind; `alone` runs while no other test does
#   test-timeout: 120           seconds, where 60 are too few

set(WEFT_TEST_TIMEOUT 60 CACHE STRING "Seconds a test may take, unless it says otherwise")

find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
if(NOT CMOCKA_FOUND)
    message(FATAL_ERROR "The tests need cmocka: install libcmocka-dev, or configure with "
        "-DWEFT_BUILD_TESTS=OFF.")
endif()

set(WEFT_TEST_ENVIRONMENT
    "WEFT_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    "WEFT_SOURCE=${PROJECT_SOURCE_DIR}"
    "WEFT_SANITIZE=${WEFT_SANITIZE}"
    "WEFT_COMPILER=${CMAKE_C_COMPILER}"
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1")

# weft_add_test(name labels timeout command...)
function(weft_add_test name labels timeout)
    if(NOT timeout)
        set(timeout ${WEFT_TEST_TIMEOUT})
    endif()
    # run-test keeps the time, as it may be told to be more patient; ctest's own is the backstop.
    add_test(NAME ${name} COMMAND "${PROJECT_SOURCE_DIR}/scripts/run-test" ${timeout} ${ARGN})
    set_tests_properties(${name} PROPERTIES
        LABELS "${labels}"
        TIMEOUT 1800
        ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}")
    if("alone" IN_LIST labels)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

file(GLOB support CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/support/*.c")
add_library(weft-test INTERFACE)
target_include_directories(weft-test INTERFACE
    "${PROJECT_SOURCE_DIR}/tests"
    "${PROJECT_SOURCE_DIR}/tests/support"
    "${PROJECT_SOURCE_DIR}/src")
target_compile_definitions(weft-test INTERFACE
    WEFT_TEST_BIN="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    WEFT_TEST_SOURCE="${PROJECT_SOURCE_DIR}")
target_link_libraries(weft-test INTERFACE weft::weft-static PkgConfig::CMOCKA Threads::Threads m)
if(support)
    add_library(weft-test-support STATIC ${support})
    set_target_properties(weft-test-support PROPERTIES
        ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/parts")
    target_link_libraries(weft-test-support PUBLIC weft-test)
    if(WEFT_HAVE_EPOLL_H) # the emulated kqueue's header
        target_include_directories(weft-test-support PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/kqueue")
        target_link_libraries(weft-test-support PUBLIC ${CMAKE_DL_LIBS})
    endif()
    weft_own(weft-test-support)
endif()

# weft_area_support(area): the library of tests/AREA/support/, if there is one.
function(weft_area_support area)
    file(GLOB support CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${area}/support/*.c")
    if(TARGET weft-test-support-${area} OR NOT support)
        return()
    endif()
    add_library(weft-test-support-${area} STATIC ${support})
    set_target_properties(weft-test-support-${area} PROPERTIES
        ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/parts")
    target_include_directories(weft-test-support-${area} PUBLIC
        "${PROJECT_SOURCE_DIR}/tests/${area}/support")
    target_link_libraries(weft-test-support-${area} PUBLIC weft-test)
    weft_own(weft-test-support-${area})
    if(area STREQUAL "interleave")
        # Debug builds are for the sources under test; the model has a hundred thousand runs to make.
        target_compile_options(weft-test-support-${area} PRIVATE -O2)
    endif()
endfunction()

# The model answers the calls that a compiler puts before each access to memory for TSan, and sees
# the copies of structs (tests/interleave/support/plain.c).
function(weft_model_test target)
    # With those calls in between, gcc loses sight of what is initialised.
    target_compile_options(${target} PRIVATE -fsanitize=thread
        $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(${target} PRIVATE -Wl,--wrap=memcpy,--wrap=memset)
    target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
endfunction()

# weft_link_test(target name area)
function(weft_link_test target name area)
    string(REGEX REPLACE "_.*" "" example "${name}")
    if(area MATCHES "^(examples|fuzz)$" AND TARGET weft-${example}-parts)
        target_link_libraries(${target} PRIVATE weft-${example}-parts)
    endif()
    target_link_libraries(${target} PRIVATE
        $<TARGET_NAME_IF_EXISTS:weft-test-support-${area}>
        $<TARGET_NAME_IF_EXISTS:weft-test-support>
        weft-test)
    weft_own(${target})
endfunction()

# Only the tests where threads meet; what a TSan build needs.
add_custom_target(threads-tests)

# The paths that Linux does not take (src/base/system.h), in every build. Its objects come before
# the library, which then has nothing to add.
if(NOT WEFT_PORTABLE)
    set(portable_sources ${WEFT_SOURCES})
    list(FILTER portable_sources EXCLUDE REGEX "_uring[^/]*\\.c$")
    add_library(weft-portable OBJECT ${portable_sources})
    target_include_directories(weft-portable PRIVATE
        "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
    target_compile_definitions(weft-portable PRIVATE WEFT_PORTABLE=1)
    weft_own(weft-portable)
    set(portable_tests base-wake base-conflate driver-net driver-net_interrupted driver-net_io
        driver-net_limit driver-io driver-io_handover driver-io_refused driver-io_system
        driver-signals driver-signals_process driver-testing)
endif()

file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/*/test_*.c")
foreach(source IN LISTS sources)
    get_filename_component(folder "${source}" DIRECTORY)
    get_filename_component(area "${folder}" NAME)
    if(area STREQUAL "examples" AND NOT WEFT_BUILD_EXAMPLES)
        continue()
    endif()
    if(area STREQUAL "interleave" AND WEFT_SANITIZE)
        continue()
    endif()
    weft_area_support("${area}")
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "^test_" "" name "${name}")
    weft_read_tag(labels "${source}" "test-labels")
    weft_read_tag(timeout "${source}" "test-timeout")

    set(target test-${area}-${name})
    add_executable(${target} "${source}")
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/${area}")
    weft_link_test(${target} "${name}" "${area}")
    if(area STREQUAL "interleave")
        weft_model_test(${target})
    endif()
    if("threads" IN_LIST labels)
        add_dependencies(threads-tests ${target})
    endif()
    weft_add_test(${area}.${name} "${area};${labels}" "${timeout}" $<TARGET_FILE:${target}>)

    if("${area}-${name}" IN_LIST portable_tests)
        set(target test-portable-${name})
        add_executable(${target} "${source}" $<TARGET_OBJECTS:weft-portable>)
        set_target_properties(${target} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/portable")
        weft_link_test(${target} "${name}" "${area}")
        if("threads" IN_LIST labels)
            add_dependencies(threads-tests ${target})
        endif()
        weft_add_test(portable.${name} "portable;${labels}" "${timeout}" $<TARGET_FILE:${target}>)
    endif()
endforeach()

file(GLOB scripts CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/tests/*/test_*.sh"
    "${PROJECT_SOURCE_DIR}/tests/*/test_*.py")
foreach(script IN LISTS scripts)
    get_filename_component(folder "${script}" DIRECTORY)
    get_filename_component(area "${folder}" NAME)
    if(area STREQUAL "examples" AND NOT WEFT_BUILD_EXAMPLES)
        continue()
    endif()
    get_filename_component(name "${script}" NAME_WE)
    string(REGEX REPLACE "^test_" "" name "${name}")
    weft_read_tag(labels "${script}" "test-labels")
    weft_read_tag(timeout "${script}" "test-timeout")
    if(script MATCHES "\\.py$")
        set(interpreter python3)
    else()
        set(interpreter bash)
    endif()
    weft_add_test(${area}.${name} "${area};script;${labels}" "${timeout}"
        ${interpreter} "${script}")
endforeach()

if(WEFT_FUZZ)
    set(WEFT_FUZZ_RUNS 100000 CACHE STRING "Inputs that the test of a fuzzer tries")
    add_custom_target(fuzzers)
    file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c")
    foreach(source IN LISTS sources)
        get_filename_component(name "${source}" NAME_WE)
        string(REGEX REPLACE "^fuzz_" "" name "${name}")
        weft_read_tag(timeout "${source}" "test-timeout")
        add_executable(fuzz-${name} "${source}")
        target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
        weft_link_test(fuzz-${name} "${name}" fuzz)
        add_dependencies(fuzzers fuzz-${name})
        file(GLOB seeds LIST_DIRECTORIES ON "${PROJECT_SOURCE_DIR}/tests/fuzz/${name}")
        # What it finds of interest is written to the test's own folder, not to the seeds.
        weft_add_test(fuzz.${name} "fuzz" "${timeout}" $<TARGET_FILE:fuzz-${name}>
            -runs=${WEFT_FUZZ_RUNS} -seed=1 -print_final_stats=1 . ${seeds})
    endforeach()
endif()

if(WEFT_BUILD_EXAMPLES)
    foreach(name IN LISTS WEFT_EXAMPLE_TESTS)
        weft_add_test(example.${name} "examples" "" $<TARGET_FILE:example-${name}>)
    endforeach()
endif()

if(NOT WEFT_SANITIZE)
    weft_add_test(house.include_law "house" "" "${PROJECT_SOURCE_DIR}/scripts/include-law")
    weft_add_test(house.include_law_notices "house" ""
        "${PROJECT_SOURCE_DIR}/scripts/include-law" --self-test)
    weft_add_test(house.compile_fail "house" 300 "${PROJECT_SOURCE_DIR}/scripts/compile-fail")
    weft_add_test(house.compile_fail_notices "house" ""
        "${PROJECT_SOURCE_DIR}/scripts/compile-fail" --self-test)
    weft_add_test(house.headers_alone "house" 300 "${PROJECT_SOURCE_DIR}/scripts/headers-alone")
    if(WEFT_INSTALL AND WEFT_BUILD_SHARED)
        weft_add_test(house.install "house;install" 120
            "${PROJECT_SOURCE_DIR}/scripts/install-test" "${PROJECT_BINARY_DIR}")
    endif()
endif()
