package dev.ampoule.local.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class OruMessageTest {
  static final Instant AT = Instant.parse("2026-11-28T19:20:04.250Z");

  static final VitalSigns SIGNS =
      new VitalSigns(24, 92, true, 99, 118, Consciousness.C, new BigDecimal("38.7"));

  @Test
  void anObservationIsOneMessageForTraining() {
    Ward ward = Ward.of("3", 4, 1);
    byte[] message = OruMessage.of(ward, ward.patients().getLast(), SIGNS, AT, 17);
    assertThat(new String(message, StandardCharsets.UTF_8).replace('\r', '\n'))
        .isEqualTo(
            """
            MSH|^~\\&|MONITOR|WARD 3|EHR|DEMO HOSPITAL|20261128192004+0000||ORU^R01^ORU_R01|demo-4-1795893604-17|T|2.5.1|||||||UNICODE UTF-8
            PID|1||demo-4^^^DEMO^MR||DEMO^PATIENT 4||19390101|F
            PV1|1|I|3^^4
            OBR|1||demo-4-1795893604-17^MONITOR|85353-1^Vital signs panel^LN|||20261128192004+0000||||||||||||||||||F
            OBX|1|NM|9279-1^Respiratory rate^LN||24|/min^^UCUM|||||F|||20261128192004+0000
            OBX|2|NM|59408-5^Oxygen saturation by pulse oximetry^LN||92|%^^UCUM|||||F|||20261128192004+0000
            OBX|3|NM|3151-8^Inhaled oxygen flow rate^LN||4|L/min^^UCUM|||||F|||20261128192004+0000
            OBX|4|NM|8480-6^Systolic blood pressure^LN||99|mm[Hg]^^UCUM|||||F|||20261128192004+0000
            OBX|5|NM|8867-4^Heart rate^LN||118|/min^^UCUM|||||F|||20261128192004+0000
            OBX|6|NM|8310-5^Body temperature^LN||38.7|Cel^^UCUM|||||F|||20261128192004+0000
            OBX|7|CWE|1104441000000107^ACVPU scale score^SCT||130987000^Acute confusion^SCT||||||F|||20261128192004+0000
            """);
  }
}
