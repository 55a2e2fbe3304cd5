# The library, twice: weft::weft is shared, weft::weft-static is static.

# Everything that people run or link: what `make build` makes, whatever else is configured.
add_custom_target(programs)

file(GLOB WEFT_SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*/*.c")
# What POSIX has, instead of what only Linux has; on Linux for the tests (src/base/system.h).
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    option(WEFT_PORTABLE "Use no system call that only Linux has, but epoll" OFF)
else()
    set(WEFT_PORTABLE ON)
endif()
# The pollers that this system has the headers for; io_uring only with liburing.
include(CheckIncludeFile)
check_include_file(sys/epoll.h WEFT_HAVE_EPOLL_H)
set(WEFT_URING AUTO CACHE STRING "Poll with io_uring: AUTO (if liburing is found), ON or OFF")
set_property(CACHE WEFT_URING PROPERTY STRINGS AUTO ON OFF)
set(WEFT_HAVE_URING OFF)
if(WEFT_HAVE_EPOLL_H AND NOT WEFT_PORTABLE AND NOT WEFT_URING STREQUAL "OFF")
    find_package(PkgConfig)
    if(PkgConfig_FOUND)
        pkg_check_modules(LIBURING IMPORTED_TARGET GLOBAL liburing>=2.3)
    endif()
    if(LIBURING_FOUND)
        set(WEFT_HAVE_URING ON)
    elseif(WEFT_URING STREQUAL "ON")
        message(FATAL_ERROR "WEFT_URING=ON needs liburing 2.3 or newer: install liburing-dev.")
    else()
        message(STATUS "liburing is not there: weft_io polls without io_uring")
    endif()
endif()
if(NOT WEFT_HAVE_URING)
    list(FILTER WEFT_SOURCES EXCLUDE REGEX "_uring[^/]*\\.c$")
endif()
if(WEFT_HAVE_EPOLL_H)
    list(FILTER WEFT_SOURCES EXCLUDE REGEX "_kqueue\\.c$")
else()
    list(FILTER WEFT_SOURCES EXCLUDE REGEX "epoll[^/]*\\.c$")
endif()

file(GLOB WEFT_HEADERS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/weft/*.h")

function(weft_add_library target)
    target_sources(${target} PRIVATE ${WEFT_SOURCES})
    target_include_directories(${target}
        PUBLIC
            "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
            "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>"
        PRIVATE
            "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(${target} PUBLIC Threads::Threads)
    if(WEFT_HAVE_URING)
        target_compile_definitions(${target} PRIVATE WEFT_HAVE_URING)
        target_link_libraries(${target} PRIVATE PkgConfig::LIBURING)
    endif()
    if(WEFT_PORTABLE)
        target_compile_definitions(${target} PRIVATE WEFT_PORTABLE=1)
    endif()
    set_target_properties(${target} PROPERTIES OUTPUT_NAME weft)
    weft_own(${target})
    add_dependencies(programs ${target})
    add_library(weft::${target} ALIAS ${target})
endfunction()

add_library(weft-static STATIC)
weft_add_library(weft-static)

if(WEFT_BUILD_SHARED)
    add_library(weft SHARED)
    weft_add_library(weft)
    target_compile_definitions(weft PRIVATE WEFT_BUILDING_SHARED)
    set_target_properties(weft PROPERTIES
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR})
    if(NOT WEFT_SANITIZE AND NOT APPLE)
        target_link_options(weft PRIVATE -Wl,--no-undefined)
    endif()
endif()

