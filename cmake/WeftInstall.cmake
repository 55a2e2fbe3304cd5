# Headers, libraries, weft.pc for pkg-config and the package that find_package(weft) finds.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weft")
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

set(libraries weft-static)
if(WEFT_BUILD_SHARED)
    list(APPEND libraries weft)
endif()

install(TARGETS ${libraries} EXPORT weft-targets
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(FILES ${WEFT_HEADERS} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weft")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

install(EXPORT weft-targets NAMESPACE weft:: DESTINATION "${package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/weft-config.cmake.in"
    "${PROJECT_BINARY_DIR}/weft-config.cmake" INSTALL_DESTINATION "${package_dir}")
# While the version is 0.x, a minor version may break what the one before promised.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weft-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/weft-config.cmake"
    "${PROJECT_BINARY_DIR}/weft-config-version.cmake"
    DESTINATION "${package_dir}")

# weft.pc finds its prefix from where it lies, so an installed tree can be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(WEFT_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
    set(WEFT_PC_LIBDIR "${CMAKE_INSTALL_FULL_LIBDIR}")
    set(WEFT_PC_INCLUDEDIR "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
else()
    file(RELATIVE_PATH up "/p/${pkgconfig_dir}" "/p")
    string(REGEX REPLACE "/$" "" up "${up}")
    set(WEFT_PC_PREFIX "\${pcfiledir}/${up}")
    set(WEFT_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(WEFT_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
set(WEFT_PC_REQUIRES_PRIVATE "")
if(WEFT_HAVE_URING)
    set(WEFT_PC_REQUIRES_PRIVATE "liburing")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/weft.pc.in" "${PROJECT_BINARY_DIR}/weft.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/weft.pc" DESTINATION "${pkgconfig_dir}")
