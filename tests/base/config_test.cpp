// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace vcp {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A program with settings of every kind, its environment and its file.
class Settings : public testing::Test {
 protected:
  Settings() {
    app_.set_version_flag("--version", "1.2.3");
    app_.add_option("--config", config_, "TOML file");
    app_.add_option("--lease-ttl-ms", lease_ttl_ms_, "term")->check(CLI::Range(100, 60000));
    app_.add_option("--slots", slots_, "leases");
    app_.add_option("--rate", rate_, "per second");
    app_.add_option("--region", region_, "where");
    app_.add_option("--listen", listen_, "address")->type_name("HOST:PORT");
    app_.add_option("--label", labels_, "K=V");
    app_.add_option("--tls-certificate", certificate_, "file");
    app_.add_flag("--insecure-no-auth", insecure_, "no tokens");
  }

  ~Settings() override { std::filesystem::remove(path_); }

  void write_file(const std::string& text) {
    std::ofstream(path_) << text;
    environment_["VCP_CONFIG"] = path_;
  }

  Result<Outcome> parse(std::vector<const char*> arguments = {}) {
    arguments.insert(arguments.begin(), "vcpd");
    const auto environment = [this](const char* name) -> const char* {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    };
    return parse_settings(app_, static_cast<int>(arguments.size()), arguments.data(), environment,
                          out_);
  }

  std::string error(const std::vector<const char*>& arguments = {}) {
    const Result<Outcome> outcome = parse(arguments);
    return outcome ? "no error" : outcome.error().message;
  }

  CLI::App app_{"A test"};
  std::string config_;
  int lease_ttl_ms_ = 30000;
  unsigned slots_ = 4;
  double rate_ = 1.5;
  std::string region_ = "local";
  std::string listen_;
  std::vector<std::string> labels_;
  std::string certificate_;
  bool insecure_ = false;

  std::map<std::string, std::string> environment_;
  std::ostringstream out_;
  const std::string path_ =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml";
};

TEST_F(Settings, KeepTheirDefaults) {
  EXPECT_EQ(parse(), Outcome::run);
  EXPECT_EQ(lease_ttl_ms_, 30000);
  EXPECT_EQ(region_, "local");
  EXPECT_FALSE(insecure_);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(Settings, ComeFromFlags) {
  EXPECT_EQ(parse({"--lease-ttl-ms", "500", "--region=eu", "--insecure-no-auth", "--label", "a=1",
                   "--label", "b=2"}),
            Outcome::run);
  EXPECT_EQ(lease_ttl_ms_, 500);
  EXPECT_EQ(region_, "eu");
  EXPECT_TRUE(insecure_);
  EXPECT_EQ(labels_, (std::vector<std::string>{"a=1", "b=2"}));
}

TEST_F(Settings, ComeFromTheEnvironment) {
  environment_ = {{"VCP_LEASE_TTL_MS", "600"},
                  {"VCP_RATE", "0.25"},
                  {"VCP_REGION", "us, west"},
                  {"VCP_LABEL", "a=1,b=2"},
                  {"VCP_INSECURE_NO_AUTH", "true"}};
  EXPECT_EQ(parse(), Outcome::run);
  EXPECT_EQ(lease_ttl_ms_, 600);
  EXPECT_EQ(rate_, 0.25);
  EXPECT_EQ(region_, "us, west");
  EXPECT_EQ(labels_, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_TRUE(insecure_);
}

TEST_F(Settings, ComeFromTheFile) {
  write_file(R"(
lease_ttl_ms = 700
rate = 0.1
region = "asia"
listen = "[::1]:8080"
label = ["a=1", "b=2,c"]
insecure_no_auth = true
)");
  EXPECT_EQ(parse(), Outcome::run);
  EXPECT_EQ(lease_ttl_ms_, 700);
  EXPECT_EQ(rate_, 0.1);
  EXPECT_EQ(region_, "asia");
  EXPECT_EQ(listen_, "[::1]:8080");
  EXPECT_EQ(labels_, (std::vector<std::string>{"a=1", "b=2,c"}));
  EXPECT_TRUE(insecure_);
}

TEST_F(Settings, TakeTheFlagFirstThenTheEnvironmentThenTheFile) {
  write_file("lease_ttl_ms = 700\nregion = \"file\"\nrate = 7\n");
  environment_["VCP_LEASE_TTL_MS"] = "600";
  environment_["VCP_REGION"] = "environment";
  EXPECT_EQ(parse({"--lease-ttl-ms", "500"}), Outcome::run);
  EXPECT_EQ(lease_ttl_ms_, 500);
  EXPECT_EQ(region_, "environment");
  EXPECT_EQ(rate_, 7);
}

TEST_F(Settings, ReadTheFileThatTheFlagNamesBeforeThatOfTheEnvironment) {
  write_file("region = \"good\"\n");
  environment_["VCP_CONFIG"] = "/nonexistent/vcpd.toml";
  EXPECT_EQ(parse({"--config", path_.c_str()}), Outcome::run);
  EXPECT_EQ(region_, "good");
}

TEST_F(Settings, MayBeGroupedByTables) {
  write_file("[tls]\ncertificate = \"cert.pem\"\n[lease.ttl]\nms = 800\n");
  EXPECT_EQ(parse(), Outcome::run);
  EXPECT_EQ(certificate_, "cert.pem");
  EXPECT_EQ(lease_ttl_ms_, 800);
}

TEST_F(Settings, MayBeSetFalseOverAnotherDefault) {
  insecure_ = true;
  write_file("insecure_no_auth = false\n");
  EXPECT_EQ(parse(), Outcome::run);
  EXPECT_FALSE(insecure_);
}

TEST_F(Settings, TakeOneValueForAListToo) {
  write_file("label = \"a=1\"\n");
  EXPECT_EQ(parse(), Outcome::run);
  EXPECT_EQ(labels_, (std::vector<std::string>{"a=1"}));
}

TEST_F(Settings, TakeAnEmptyListForNone) {
  labels_ = {"a=1"};
  write_file("label = []\n");
  EXPECT_EQ(parse(), Outcome::run);
  EXPECT_EQ(labels_, (std::vector<std::string>{"a=1"}));
}

TEST_F(Settings, TakeAnEmptyVariableForNone) {
  environment_["VCP_LEASE_TTL_MS"] = "";
  EXPECT_EQ(parse(), Outcome::run);
  EXPECT_EQ(lease_ttl_ms_, 30000);
}

TEST_F(Settings, OfNoFileIgnoreVariablesOfOthers) {
  environment_["VCP_UNRELATED"] = "x";
  EXPECT_EQ(parse(), Outcome::run);
}

TEST_F(Settings, PrintTheHelpAndExit) {
  EXPECT_EQ(parse({"--help"}), Outcome::exit);
  EXPECT_THAT(out_.str(), HasSubstr("--lease-ttl-ms"));
}

TEST_F(Settings, PrintTheVersionAndExit) {
  EXPECT_EQ(parse({"--version"}), Outcome::exit);
  EXPECT_EQ(out_.str(), "1.2.3\n");
}

TEST_F(Settings, NameAFlagThatIsUnknown) {
  EXPECT_THAT(error({"--lease-ttl-sm", "5"}), HasSubstr("--lease-ttl-sm"));
}

TEST_F(Settings, NameAFlagWhoseValueIsWrong) {
  EXPECT_THAT(error({"--lease-ttl-ms", "soon"}), HasSubstr("--lease-ttl-ms"));
}

TEST_F(Settings, NameAFlagWhoseValueIsOutOfRange) {
  EXPECT_THAT(error({"--lease-ttl-ms", "5"}), StartsWith("--lease-ttl-ms: "));
}

TEST_F(Settings, NameAFlagWithoutItsValue) {
  EXPECT_THAT(error({"--region"}), StartsWith("--region: "));
}

TEST_F(Settings, NameAVariableWhoseValueIsWrong) {
  environment_["VCP_SLOTS"] = "soon";
  EXPECT_EQ(error(), "VCP_SLOTS: 'soon' is not an integer of at least 0");
}

TEST_F(Settings, NameAVariableWhoseValueIsOutOfRange) {
  environment_["VCP_LEASE_TTL_MS"] = "99";
  EXPECT_THAT(error(), StartsWith("VCP_LEASE_TTL_MS: Value 99 not in range"));
}

TEST_F(Settings, NameAVariableThatIsNeitherTrueNorFalse) {
  environment_["VCP_INSECURE_NO_AUTH"] = "perhaps";
  EXPECT_EQ(error(), "VCP_INSECURE_NO_AUTH: 'perhaps' is not true or false");
}

TEST_F(Settings, NameANumberThatIsNotFinite) {
  EXPECT_EQ(error({"--rate", "nan"}), "--rate: 'nan' is not a finite number");
  write_file("rate = inf\n");
  EXPECT_EQ(error(), path_ + ":1: rate: 'inf' is not a finite number");
  environment_["VCP_RATE"] = "1e999";
  EXPECT_EQ(error(), "VCP_RATE: '1e999' is not a finite number");
}

TEST_F(Settings, NameFileLineAndKeyOfAValueOutOfRange) {
  write_file("# a comment\n\nlease_ttl_ms = 5\n");
  EXPECT_THAT(error(), StartsWith(path_ + ":3: lease_ttl_ms: Value 5 not in range"));
}

TEST_F(Settings, NameFileLineAndKeyOfAWrongType) {
  write_file("region = \"eu\"\nlease_ttl_ms = \"500\"\n");
  EXPECT_EQ(error(), path_ + ":2: lease_ttl_ms: expected an integer");
}

TEST_F(Settings, RefuseEachTypeWhereAnotherIsMeant) {
  for (const auto& [line, problem] : std::map<std::string, std::string>{
           {"lease_ttl_ms = 500.0", "lease_ttl_ms: expected an integer"},
           {"lease_ttl_ms = true", "lease_ttl_ms: expected an integer"},
           {"lease_ttl_ms = [500]", "lease_ttl_ms: expected an integer"},
           {"lease_ttl_ms = 2026-01-31", "lease_ttl_ms: expected an integer"},
           {"slots = -1", "slots: '-1' is not an integer of at least 0"},
           {"rate = \"1\"", "rate: expected a number"},
           {"region = 5", "region: expected a string"},
           {"region = [\"eu\"]", "region: expected a string"},
           {"label = [\"a\", 5]", "label: expected a string"},
           {"label = [[\"a\"]]", "label: expected a string"},
           {"insecure_no_auth = 1", "insecure_no_auth: expected true or false"},
           {"insecure_no_auth = \"true\"", "insecure_no_auth: expected true or false"}}) {
    write_file(line);
    EXPECT_EQ(error(), path_ + ":1: " + problem);
  }
}

TEST_F(Settings, NameFileLineAndKeyThatIsUnknown) {
  write_file("region = \"eu\"\nlease_ttl = 5\n");
  EXPECT_EQ(error(), path_ + ":2: lease_ttl: is not a setting");
}

TEST_F(Settings, NameAnUnknownKeyOfATable) {
  write_file("[tls]\nkey = \"key.pem\"\n");
  EXPECT_EQ(error(), path_ + ":2: tls.key: is not a setting");
}

TEST_F(Settings, AreCheckedInTheFileAlsoWhereAFlagIsFirst) {
  write_file("lease_ttl_ms = \"500\"\n");
  EXPECT_THAT(error({"--lease-ttl-ms", "500"}), StartsWith(path_ + ":1: lease_ttl_ms: "));
}

TEST_F(Settings, OfTheFileAreNotHelpVersionOrConfig) {
  for (const auto* key : {"help", "version", "config"}) {
    write_file(std::string(key) + " = true\n");
    EXPECT_EQ(error(), path_ + ":1: " + key + ": is not a setting");
  }
}

TEST_F(Settings, AreNotSetTwiceInTwoSpellings) {
  write_file("tls_certificate = \"a\"\n[tls]\ncertificate = \"b\"\n");
  EXPECT_THAT(error(), HasSubstr("certificate: is set "));
}

TEST_F(Settings, NameTheLineWhereTheFileIsNoToml) {
  write_file("region = \"eu\"\nrate = = 5\n");
  EXPECT_THAT(error(), StartsWith(path_ + ":2: "));
}

TEST_F(Settings, NameTheFileThatIsNotThere) {
  const Result<Outcome> outcome = parse({"--config", "/nonexistent/vcpd.toml"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::io);
  EXPECT_THAT(outcome.error().message, StartsWith("/nonexistent/vcpd.toml: "));
}

TEST_F(Settings, NameTheFileThatIsADirectory) {
  EXPECT_THAT(error({"--config", "/"}), StartsWith("/: "));
}

TEST_F(Settings, RefuseAFileWithoutAName) {
  EXPECT_EQ(error({"--config", ""}), ": cannot be read");
}

TEST_F(Settings, RefuseAFileThatIsTooLarge) {
  write_file("#" + std::string(1 << 20, ' '));
  EXPECT_THAT(error(), HasSubstr("is over 1 MiB"));
}

TEST_F(Settings, ThatAreRequiredMayComeFromAnywhere) {
  app_.get_option("--region")->required();
  environment_["VCP_REGION"] = "eu";
  EXPECT_EQ(parse(), Outcome::run);
  EXPECT_EQ(region_, "eu");
}

TEST_F(Settings, ThatAreRequiredAreNamedWhereMissing) {
  app_.get_option("--region")->required();
  EXPECT_EQ(error(), "--region: is required");
}

TEST_F(Settings, ThatAreRequiredAreCalledSoInTheHelp) {
  app_.get_option("--region")->required();
  EXPECT_EQ(parse({"--help"}), Outcome::exit);
  EXPECT_THAT(out_.str(), HasSubstr("REQUIRED"));
}

TEST_F(Settings, MayBelongToAProgramWithSubcommands) {
  std::string file;
  CLI::App* const submit = app_.add_subcommand("submit", "");
  submit->add_option("module", file, "");
  environment_["VCP_REGION"] = "eu";
  EXPECT_EQ(parse({"submit", "a.wasm"}), Outcome::run);
  EXPECT_TRUE(submit->parsed());
  EXPECT_EQ(file, "a.wasm");
  EXPECT_EQ(region_, "eu");
}

TEST(SettingsWithoutConfigOption, ReadNoFile) {
  CLI::App app;
  std::string region;
  app.add_option("--region", region);
  const char* const arguments[] = {"vcp"};
  std::ostringstream out;
  const auto environment = [](const char* name) {
    return std::string_view(name) == "VCP_CONFIG" ? "/nonexistent" : nullptr;
  };
  EXPECT_EQ(parse_settings(app, 1, arguments, environment, out), Outcome::run);
}

}  // namespace
}  // namespace vcp
