// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "http/fixture.hpp"

namespace vcp::http::testing {
namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;

/// A self-signed certificate for `name`, written to two files.
void write_certificate(const TlsFiles& files, const char* name) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const File key_file(std::fopen(files.key.c_str(), "w"));
  PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  const File certificate_file(std::fopen(files.certificate.c_str(), "w"));
  PEM_write_X509(certificate_file.get(), certificate.get());
}

/// A blocking TLS client that trusts anybody.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int max_version = 0) : tcp_(port) {
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), tcp_.descriptor());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }

  [[nodiscard]] bool connected() const { return connected_; }

  [[nodiscard]] std::string peer_name() const {
    const Certificate certificate(SSL_get1_peer_certificate(ssl_.get()));
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name,
                              sizeof name);
    return name;
  }

  bool send(std::string_view bytes) {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }

  /// Everything up to and with `end`, or to the end of the connection.
  std::string read_until(std::string_view end) {
    std::string all;
    char bytes[4096];
    while (all.find(end) == std::string::npos) {
      const int got = SSL_read(ssl_.get(), bytes, sizeof bytes);
      if (got <= 0) break;
      all.append(bytes, static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  Client tcp_;
  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, Free<SSL_free>> ssl_;
  bool connected_ = false;
};

class Tls : public ::testing::Test {
 protected:
  Tls() {
    std::filesystem::create_directories(directory_);
    write_certificate(files_, "first");
    options_.tls = files_;
  }
  ~Tls() override { std::filesystem::remove_all(directory_); }

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) /
      ("http_tls_" + std::to_string(::getpid()) + "_" +
       ::testing::UnitTest::GetInstance()->current_test_info()->name());
  const TlsFiles files_{.certificate = directory_ / "certificate.pem",
                        .key = directory_ / "key.pem"};
  ServerOptions options_;
};

TEST_F(Tls, AnswersInBothVersions) {
  TestServer server({text_route("/a", "hello")}, options_);
  EXPECT_TRUE(server.server().url().starts_with("https://"));
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port(), version);
    ASSERT_TRUE(client.connected());
    client.send(get("/a"));
    EXPECT_TRUE(client.read_until("hello").ends_with("hello"));
    client.send(get("/a", "Connection: close\r\n"));
    EXPECT_TRUE(client.read_until("never").ends_with("hello"));
  }
}

TEST_F(Tls, OlderVersionsAreRefused) {
  TestServer server({}, options_);
  EXPECT_FALSE(TlsClient(server.port(), TLS1_1_VERSION).connected());
}

TEST_F(Tls, PlainRequestIsNotAnswered) {
  TestServer server({text_route("/a", "hello")}, options_);
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a")).status, 0U);
}

TEST_F(Tls, StreamsBothWays) {
  TestServer server({streamed_echo_route("/s", 10'000'000)}, options_);
  TlsClient client(server.port());
  const std::string body(1'000'000, 'x');
  std::thread sender([&client, &body] { client.send(post("/s", body)); });
  sender.join();
  EXPECT_GT(client.read_until("0\r\n\r\n").size(), body.size());
}

TEST_F(Tls, AHandshakeThatDoesNotComeIsClosed) {
  options_.header_timeout = std::chrono::milliseconds(40);
  TestServer server({}, options_);
  Client client(server.port());
  EXPECT_TRUE(client.is_closed());
}

TEST_F(Tls, ReloadServesTheNewCertificateToNewConnections) {
  TestServer server({text_route("/a", "hello")}, options_);
  TlsClient before(server.port());
  write_certificate(files_, "second");
  ASSERT_TRUE(server.server().reload_tls());
  TlsClient after(server.port());
  EXPECT_EQ(before.peer_name(), "first");
  EXPECT_EQ(after.peer_name(), "second");
  before.send(get("/a"));
  EXPECT_TRUE(before.read_until("hello").ends_with("hello"));
}

TEST_F(Tls, ReloadOfABadFileKeepsTheOldCertificate) {
  TestServer server({text_route("/a", "hello")}, options_);
  std::ofstream(files_.key) << "no key";
  EXPECT_FALSE(server.server().reload_tls());
  EXPECT_EQ(TlsClient(server.port()).peer_name(), "first");
}

TEST_F(Tls, AKeyThatIsAnothersIsRefused) {
  const TlsFiles other{.certificate = directory_ / "other.pem", .key = files_.key};
  write_certificate({.certificate = other.certificate, .key = directory_ / "other_key.pem"}, "x");
  asio::io_context io;
  options_.tls = other;
  options_.port = 0;
  const auto server =
      Server::listen(io, options_, {}, [](std::string_view) { return std::optional<Principal>(); });
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Code::invalid);
}

}  // namespace
}  // namespace vcp::http::testing
