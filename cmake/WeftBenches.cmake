# bench/bench-AREA.c and its parts bench/AREA_*.c -> bin/bench-AREA; bench/support/*.c is linked to
# all of them. The peers libuv, libev and Concurrency Kit are optional: where they are found, the
# code sees WEFT_BENCH_HAVE_UV / _EV / _CK; likewise WEFT_BENCH_HAVE_URING where the library has
# liburing.

file(GLOB benches CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/bench-*.c")
file(GLOB support CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/support/*.c")

add_library(weft-bench INTERFACE)
target_include_directories(weft-bench INTERFACE "${PROJECT_SOURCE_DIR}/bench")
target_link_libraries(weft-bench INTERFACE weft::weft-static Threads::Threads m)

find_package(PkgConfig)
if(PkgConfig_FOUND)
    pkg_check_modules(UV IMPORTED_TARGET libuv)
    if(UV_FOUND)
        target_link_libraries(weft-bench INTERFACE PkgConfig::UV)
        target_compile_definitions(weft-bench INTERFACE WEFT_BENCH_HAVE_UV)
    endif()
endif()

if(WEFT_HAVE_URING)
    target_link_libraries(weft-bench INTERFACE PkgConfig::LIBURING)
    target_compile_definitions(weft-bench INTERFACE WEFT_BENCH_HAVE_URING)
endif()

find_path(WEFT_EV_DIR ev.h PATH_SUFFIXES libev)
find_library(WEFT_EV_LIBRARY ev)
if(WEFT_EV_DIR AND WEFT_EV_LIBRARY)
    target_include_directories(weft-bench SYSTEM INTERFACE "${WEFT_EV_DIR}")
    target_link_libraries(weft-bench INTERFACE "${WEFT_EV_LIBRARY}")
    target_compile_definitions(weft-bench INTERFACE WEFT_BENCH_HAVE_EV)
endif()

find_path(WEFT_CK_DIR ck_ring.h)
if(WEFT_CK_DIR)
    target_include_directories(weft-bench SYSTEM INTERFACE "${WEFT_CK_DIR}")
    target_compile_definitions(weft-bench INTERFACE WEFT_BENCH_HAVE_CK)
endif()

if(support)
    add_library(weft-bench-support STATIC ${support})
    set_target_properties(weft-bench-support PROPERTIES
        ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/parts")
    target_link_libraries(weft-bench-support PUBLIC weft-bench)
    weft_own(weft-bench-support)
endif()

foreach(source IN LISTS benches)
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "^bench-" "" area "${name}")
    file(GLOB parts CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/${area}_*.c")
    add_executable(${name} "${source}" ${parts})
    target_link_libraries(${name} PRIVATE $<TARGET_NAME_IF_EXISTS:weft-bench-support> weft-bench)
    weft_own(${name})
    # Whether a loop of a few instructions straddles two lines must not decide a comparison.
    target_compile_options(${name} PRIVATE -falign-functions=32 -falign-loops=64)
    add_dependencies(programs ${name})
endforeach()
