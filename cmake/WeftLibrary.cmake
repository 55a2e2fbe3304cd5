# The library, twice: weft::weft is shared, weft::weft-static is static.

# Everything that people run or link: what `make build` makes, whatever else is configured.
add_custom_target(programs)

file(GLOB WEFT_SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*/*.c")
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
    if(NOT WEFT_SANITIZE)
        target_link_options(weft PRIVATE -Wl,--no-undefined)
    endif()
endif()

