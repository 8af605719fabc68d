# SPDX-License-Identifier: Apache-2.0
# The Debian package `vcpd`: cpack -G DEB in the build directory. To be included last.

set(CPACK_PACKAGE_NAME vcpd)
set(CPACK_PACKAGE_VENDOR "Ambient VCP")
set(CPACK_PACKAGE_CONTACT "The Ambient VCP authors <authors@ambient-vcp.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "coordinator and nodes of a mesh that runs WebAssembly tasks")
set(CPACK_PACKAGE_DESCRIPTION
    "vcpd takes WebAssembly programs with their input, has nodes of a mesh run them in a sandbox,
and keeps what it acknowledged. vcp-node makes a machine a node; vcp is the command line.")

# Absolute destinations, /etc among them, end up in the package and not in the machine that makes it.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/deploy/debian/conffiles"
                                       "${CMAKE_SOURCE_DIR}/deploy/debian/postinst"
                                       "${CMAKE_SOURCE_DIR}/deploy/debian/prerm"
                                       "${CMAKE_SOURCE_DIR}/deploy/debian/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

include(CPack)
